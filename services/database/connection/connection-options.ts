import { Socket } from 'node:net';

/** The longest time that a statement may take. The deadline of a call is 10 s. */
export const statementTimeoutMs = 9_000;

/** A request that waits for a connection gets a 503 after a second, so that the queue stays short. */
export const connectionTimeoutMs = 1_000;

/**
 * The options of every connection to the database at `url`: those of the ORM and of the pool of the hot statements.
 * When `giveUp` fires, the connections break at once, whatever the server does, and everything that waits for them
 * fails.
 */
export function connectionOptions(url: string, giveUp?: AbortSignal) {
  return {
    connectionString: url,
    ...(giveUp && { stream: () => socketUntil(giveUp) }),
    application_name: 'dispatcher',
    statement_timeout: statementTimeoutMs,
    // When the server itself hangs, the driver closes the connection.
    query_timeout: statementTimeoutMs + 500,
    lock_timeout: 5_000,
    idle_in_transaction_session_timeout: 15_000,
    connectionTimeoutMillis: connectionTimeoutMs,
    keepAlive: true,
  };
}

/** Creates a socket that closes when the signal fires. After the signal, a new socket closes at once. */
function socketUntil(signal: AbortSignal): Socket {
  const socket = new Socket();
  const close = () => void setImmediate(() => socket.destroy());
  if (signal.aborted) close();
  signal.addEventListener('abort', close);
  return socket.once('close', () => signal.removeEventListener('abort', close));
}

/** The same options without the time limits of requests, for work that reads or writes whole tables. */
export function patientOptions(url: string, giveUp?: AbortSignal) {
  const { query_timeout: _, ...options } = connectionOptions(url, giveUp);
  return { ...options, statement_timeout: 0, lock_timeout: 60_000, idle_in_transaction_session_timeout: 0 };
}

/**
 * Each hot statement has one good plan, over an index. These options pin it. Without them PostgreSQL may keep a plan
 * that it made while a table was small or not yet analyzed. On a large table such a plan costs a hundred times as much.
 */
const pinnedPlans = [
  'plan_cache_mode=force_generic_plan',
  'enable_seqscan=off',
  'enable_bitmapscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
  'jit=off',
];

/** The options of the connections of the hot statements. */
export function poolOptions(url: string, giveUp?: AbortSignal) {
  return { ...connectionOptions(url, giveUp), options: pinnedPlans.map((setting) => `-c ${setting}`).join(' '), min: 0, idleTimeoutMillis: 60_000 };
}
