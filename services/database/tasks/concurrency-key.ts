import { DispatcherError } from '@dispatcher/kit/serving/errors.ts';
import type { Pool } from '../connection/pool.ts';

/** The unique index that holds each concurrency key to one claim. */
export const concurrencyIndex = 'tasks_concurrency';

/**
 * The condition that no other task with the concurrency key of `row` is claimed: one look at `tasks_concurrency`, and
 * none for a task without a key. Two statements may both find it free; the index then refuses the later.
 */
export const keyIsFree = (row: string): string => `(${row}.concurrency_key IS NULL OR (
    SELECT true FROM tasks holder WHERE holder.organization_id = ${row}.organization_id AND holder.concurrency_key = ${row}.concurrency_key
      AND holder.status = 'claimed' AND holder.id <> ${row}.id LIMIT 1) IS NULL)`;

/** The claimed task that has a concurrency key. */
export interface KeyHolder {
  id: string;
  agent: string;
  expiresAt: Date;
  /** False when its lease is over, and the sweeper has not seen it yet. */
  isLive: boolean;
}

/** Who has a concurrency key. Null when nobody has it. */
export async function keyHolder(pool: Pool, organizationId: string, concurrencyKey: string): Promise<KeyHolder | null> {
  const { rows } = await pool.query<KeyHolder>({ name: 'key-holder', text: sql, values: [organizationId, concurrencyKey] });
  return rows[0] ?? null;
}

const sql = `
SELECT id, agent, expires_at AS "expiresAt", expires_at > clock_timestamp() AS "isLive" FROM tasks
WHERE organization_id = $1 AND concurrency_key = $2 AND status = 'claimed'`;

/** A 409: another claimed task has the key. */
export function concurrencyLimit(concurrencyKey: string, { id, agent, expiresAt }: KeyHolder): DispatcherError {
  const until = expiresAt.toISOString();
  const message = `The task "${id}" has the same concurrency_key and is claimed by ${agent} until ${until} or later; take another task.`;
  return new DispatcherError('concurrency_limit', message, { concurrency_key: concurrencyKey, task_id: id, agent, expires_at: until });
}
