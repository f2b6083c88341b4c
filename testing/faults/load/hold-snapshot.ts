import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../clock.ts';
import type { Db } from '../environment/db.ts';
import type { History, SnapshotRecord } from '../history.ts';

/**
 * Keeps a transaction open for the whole run, as a backup does, so that PostgreSQL can remove no dead row. When
 * PostgreSQL breaks the transaction, a new one is opened.
 */
export async function holdSnapshots(db: Db, history: History, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await holdOne(db, history, signal).catch(() => undefined);
    await sleep(100);
  }
}

async function holdOne(db: Db, history: History, signal: AbortSignal): Promise<void> {
  const client = await db.connect();
  const record: SnapshotRecord = { from: now(), to: now(), transactions: 0 };
  history.snapshots.push(record);
  // Nobody waits for this query. The next query finds the broken connection.
  client.on('error', () => undefined);
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid, count(*) FROM tasks');
    while (!signal.aborted) {
      await sleep(200);
      await client.query('SELECT');
      const [row] = await db.query<{ age: number }>(ageSql, [rows[0]?.pid]);
      record.transactions = Math.max(record.transactions, row?.age ?? 0);
      record.to = now();
    }
  } finally {
    client.release(true);
  }
}

/**
 * How many transactions have started since the snapshot was taken. Another connection asks this, because the answer
 * never changes within a transaction.
 */
const ageSql = 'SELECT age(backend_xmin) AS age FROM pg_stat_activity WHERE pid = $1';
