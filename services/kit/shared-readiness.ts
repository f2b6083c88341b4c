import type { Readiness } from './health.ts';

/** Answers as `readiness` does, but looks once for all who ask meanwhile: nobody needs a key to ask, and each look takes a connection to the database. */
export function sharedReadiness(readiness: Readiness): Readiness {
  let looking: ReturnType<Readiness> | undefined;
  return () => {
    looking ??= readiness().finally(() => {
      looking = undefined;
    });
    return looking;
  };
}
