import { DispatcherError, unavailable } from '@dispatcher/kit/serving/errors.ts';
import pg from 'pg';

/**
 * Converts an error of PostgreSQL, its driver or MikroORM to one of the error table. Returns any other error as it is.
 */
export function errorFromDatabase(thrown: unknown): unknown {
  if (thrown instanceof DispatcherError) return thrown;
  const cause = originOf(thrown);
  const code = cause.code ?? '';
  if (code === '57014' || code === '55P03' || cause.message === 'Query read timeout')
    return new DispatcherError('deadline_exceeded', 'The database took too long. Repeat the request with the same Idempotency-Key.', {}, thrown);
  if (connectionLost(code, cause.message))
    return unavailable('The database does not answer at the moment. Repeat the request with the same Idempotency-Key.', thrown);
  if (code === '40P01' || code === '40001') return unavailable('Another request changed the same rows at the same time. Repeat the request.', thrown);
  return thrown;
}

/** Whether a statement failed because of `constraint`. */
export function violates(thrown: unknown, constraint: string): boolean {
  const cause = originOf(thrown);
  return cause.code === '23505' && cause.constraint === constraint;
}

/** Whether the connection can be used after a failed statement: the server reported the failure and continues. */
export function leavesConnection(thrown: unknown): boolean {
  return thrown instanceof pg.DatabaseError && !connectionLost(thrown.code ?? '', thrown.message);
}

/**
 * Whether PostgreSQL refused a statement because of its values or because of a concurrent statement: bad data (22), a
 * constraint (23), a conflict (40). Nothing was changed, and a part of the statement may succeed alone.
 */
export function isRefusedAsAWhole(thrown: unknown): boolean {
  return thrown instanceof pg.DatabaseError && /^(22|23|40)/.test(thrown.code ?? '');
}

interface DriverError {
  code?: string;
  constraint?: string;
  message: string;
}

/** MikroORM wraps the error of the driver, which is the `cause` of its own error. */
function originOf(thrown: unknown): DriverError {
  let error = thrown;
  while (error instanceof Error && error.cause instanceof Error) error = error.cause;
  return error instanceof Error ? error : { message: String(thrown) };
}

/**
 * Class 08 is a broken connection, 57P a server that stops or starts, 53 a server without resources. The other codes
 * and messages come from the driver and the operating system.
 */
function connectionLost(code: string, message: string): boolean {
  return (
    /^(08|57P|53)/.test(code) ||
    systemCodes.has(code) ||
    /^(Connection terminated|timeout exceeded|Client has encountered|Cannot use a pool)/.test(message)
  );
}

const systemCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);
