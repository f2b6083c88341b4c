/** Whether the process can serve, and the names of the dependencies that do not answer. */
export type Readiness = () => Promise<{ ready: boolean; failing: string[] }>;

/**
 * Callers at the same time share one check. Anybody may ask without a key, and each check takes a database connection.
 */
export function sharedReadiness(readiness: Readiness): Readiness {
  let looking: ReturnType<Readiness> | undefined;
  return () => {
    looking ??= readiness().finally(() => {
      looking = undefined;
    });
    return looking;
  };
}
