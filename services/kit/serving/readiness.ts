/** Answers whether the process can serve, and names each dependency that does not answer. */
export type Readiness = () => Promise<{ ready: boolean; failing: string[] }>;

/**
 * Shares one look between all who ask at the same time. Anybody may ask without a key, and each look takes a database
 * connection.
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
