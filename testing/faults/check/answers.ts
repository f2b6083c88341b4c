import type { Attempt, FaultName, History } from '../history.ts';

/**
 * During a fault the only allowed errors are 429, 503 with `Retry-After`, 504, and 409 for a conflict. Every other
 * error is a violation.
 */
export function forbiddenAnswers({ operations, faults }: History): string[] {
  const attempts = operations.flatMap(({ attempts, kind, agent }) => attempts.map((attempt) => ({ attempt, kind, agent })));
  const wrong = attempts.filter(({ attempt: { status } }) => status !== null && status >= 300 && ![404, 409, 429, 503, 504].includes(status));
  const mute = attempts.filter(({ attempt: { status, retryAfter } }) => (status === 503 || status === 429) && retryAfter === null);
  const withoutNats = faults.filter(({ name, link }) => name === 'nats-wiped' || link === 'services and NATS');
  const failed = attempts.filter(
    ({ attempt }) => isFailure(attempt) && withoutNats.some(({ from, to }) => attempt.sentAt > from && attempt.endedAt < to),
  );
  return [
    ...wrong.map(({ attempt, kind }) => `${kind} was answered ${attempt.status} ${attempt.code}`),
    ...mute.map(({ attempt, kind }) => `${kind} was answered ${attempt.status} without Retry-After`),
    ...failed.map(({ attempt, kind }) => `${kind} failed with ${attempt.status ?? ''} ${attempt.code} while only NATS was down`),
  ];
}

function isFailure({ status, cut }: Attempt): boolean {
  return !cut && (status === null || status >= 500);
}

/**
 * Promise 9: the API works as before 5 s after PostgreSQL accepts connections again. After a full disk it takes a
 * little longer, because PostgreSQL may have to start first.
 */
export function slowRecoveries({ faults }: History): string[] {
  return faults.flatMap(({ name, recoveryMs }) => {
    const limitMs = recoveryLimitMs[name];
    if (limitMs === undefined || (recoveryMs !== null && recoveryMs <= limitMs)) return [];
    return [`${name}: after the fault the API needed ${recoveryMs?.toFixed(0) ?? 'more than 20,000'} ms to recover`];
  });
}

const recoveryLimitMs: Partial<Record<FaultName, number>> = { 'postgres-killed': 5_000, 'disk-full': 10_000, 'log-full': 10_000 };
