import { Socket } from 'node:net';

/** A statement ends by then, whoever still waits for it; the caller's own deadline is 10 s. */
export const statementTimeoutMs = 9_000;

/**
 * How every connection to the database at `url` is made, by the ORM and by the pool of the hot statements. When
 * `giveUp` fires, they break at once, whatever the server does, and so does whatever waits for them.
 */
export function connectionOptions(url: string, giveUp?: AbortSignal) {
  return {
    connectionString: url,
    ...(giveUp && { stream: () => socketUntil(giveUp) }),
    application_name: 'dispatcher',
    statement_timeout: statementTimeoutMs,
    // Should the server itself stand still, the driver gives the connection up.
    query_timeout: statementTimeoutMs + 500,
    lock_timeout: 5_000,
    idle_in_transaction_session_timeout: 15_000,
    // A request that has waited a second for a connection is answered 503 rather than queued on.
    connectionTimeoutMillis: 1_000,
    keepAlive: true,
  };
}

/** A socket that closes when the signal fires. One that is made later closes before it has done anything. */
function socketUntil(signal: AbortSignal): Socket {
  const socket = new Socket();
  const close = () => void setImmediate(() => socket.destroy());
  if (signal.aborted) close();
  signal.addEventListener('abort', close);
  return socket.once('close', () => signal.removeEventListener('abort', close));
}

/** The same without the time limits of requests, for what reads or writes whole tables. */
export function patientOptions(url: string, giveUp?: AbortSignal) {
  const { query_timeout: _, ...options } = connectionOptions(url, giveUp);
  return { ...options, statement_timeout: 0, lock_timeout: 60_000, idle_in_transaction_session_timeout: 0 };
}

/**
 * The hot statements have one good plan each, over an index; it is pinned, since a plan made while a table was small
 * or not yet analyzed costs a hundred times as much on a large one, and stays.
 */
const pinnedPlans = [
  'plan_cache_mode=force_generic_plan',
  'enable_seqscan=off',
  'enable_bitmapscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
  'jit=off',
];

/** How the connections of the hot statements are made. */
export function poolOptions(url: string, giveUp?: AbortSignal) {
  return { ...connectionOptions(url, giveUp), options: pinnedPlans.map((setting) => `-c ${setting}`).join(' '), min: 0, idleTimeoutMillis: 60_000 };
}
