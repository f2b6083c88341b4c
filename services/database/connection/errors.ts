import { DispatcherError, unavailable } from '@dispatcher/kit/serving/errors.ts';
import pg from 'pg';

/**
 * A failure that PostgreSQL, its driver or MikroORM threw, as a failure of the error table; anything else as it was.
 */
export function errorFromDatabase(thrown: unknown): unknown {
  if (thrown instanceof DispatcherError) return thrown;
  const cause = originOf(thrown);
  const code = cause.code ?? '';
  if (code === '57014' || code === '55P03' || cause.message === 'Query read timeout')
    return new DispatcherError('deadline_exceeded', 'The database took too long; repeat the request with the same Idempotency-Key.', {}, thrown);
  if (connectionLost(code, cause.message))
    return unavailable('The database does not answer at the moment; repeat the request with the same Idempotency-Key.', thrown);
  if (code === '40P01' || code === '40001') return unavailable('The request met another one on the same rows; repeat it.', thrown);
  return thrown;
}

/** Whether a statement failed because `constraint` forbids it. */
export function violates(thrown: unknown, constraint: string): boolean {
  const cause = originOf(thrown);
  return cause.code === '23505' && cause.constraint === constraint;
}

/**
 * Whether the connection of a failed statement can take the next: the server answered that the statement failed, and
 * goes on.
 */
export function leavesConnection(thrown: unknown): boolean {
  return thrown instanceof pg.DatabaseError && !connectionLost(thrown.code ?? '', thrown.message);
}

interface DriverError {
  code?: string;
  constraint?: string;
  message: string;
}

/** MikroORM keeps the driver's error as the cause of its own. */
function originOf(thrown: unknown): DriverError {
  let error = thrown;
  while (error instanceof Error && error.cause instanceof Error) error = error.cause;
  return error instanceof Error ? error : { message: String(thrown) };
}

/**
 * Class 08 is a broken connection, 57P a server that stops or starts, 53 one without resources; the rest are the
 * driver's and the system's own words.
 */
function connectionLost(code: string, message: string): boolean {
  return (
    /^(08|57P|53)/.test(code) ||
    systemCodes.has(code) ||
    /^(Connection terminated|timeout exceeded|Client has encountered|Cannot use a pool)/.test(message)
  );
}

const systemCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);
