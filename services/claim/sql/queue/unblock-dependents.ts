import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { bySystem, logEvents } from '@dispatcher/database/events/event-log.ts';
import type { AvailableTask } from '../../waiting-claims.ts';
import { availableColumns } from './ready-tasks.ts';

/**
 * Unblocks the tasks that wait for these, where these are done or archived. Returns the tasks that changed. It is a
 * separate statement after the one that ended a task, for two reasons. It sees dependents that were committed while
 * that statement waited for a lock. And it holds no locks except those of the dependents, which it takes in the order
 * of the key. It may run any number of times.
 */
export async function unblockDependents(pool: Pool, organizationId: string, finishedIds: readonly string[]): Promise<AvailableTask[]> {
  const values = [...bySystem, organizationId, finishedIds];
  const { rows } = await pool.query<AvailableTask>({ name: 'unblock-dependents', text: unblockDependentsSql, values });
  return rows;
}

/**
 * An end is final, so a task that this snapshot sees as done or archived stays so. The list of a dependent is read from
 * the newest version of its row, after the lock, so dependencies that were added meanwhile stay in it.
 */
const unblockDependentsSql = `
WITH finished AS MATERIALIZED (
  SELECT id FROM tasks WHERE organization_id = $4 AND id = ANY ($5::text[]) AND (completed_at IS NOT NULL OR archived_at IS NOT NULL)
),
dependent AS (
  SELECT organization_id, id FROM tasks
  WHERE organization_id = $4 AND id = ANY (ARRAY(
      SELECT d.task_id FROM finished CROSS JOIN LATERAL (
        SELECT task_id FROM task_dependencies WHERE organization_id = $4 AND depends_on_id = finished.id
      ) AS d))
    AND blocked_by && ARRAY(SELECT id FROM finished)
  ORDER BY id FOR NO KEY UPDATE
),
unblocked AS (
  UPDATE tasks t SET blocked_by = ARRAY(
    SELECT b.id FROM unnest(t.blocked_by) WITH ORDINALITY AS b (id, place) WHERE b.id <> ALL (ARRAY(SELECT id FROM finished)) ORDER BY b.place
  )
  FROM dependent WHERE t.organization_id = dependent.organization_id AND t.id = dependent.id
  RETURNING t.*
),
${logEvents(`SELECT *, 'task.unblocked' AS type, NULL AS actor, status AS status_before, owner AS owner_before, layer AS layer_before,
    NULL AS event_token FROM unblocked WHERE cardinality(blocked_by) = 0 AND status = 'pending' AND archived_at IS NULL`)}
SELECT ${availableColumns} FROM unblocked t`;

/** Whether any task waits, or waited, for the task of `row`, as far as the snapshot of the statement shows. */
export const hasDependents = (row: string): string =>
  `(SELECT true FROM task_dependencies d WHERE d.organization_id = ${row}.organization_id AND d.depends_on_id = ${row}.id LIMIT 1) AS "hasDependents"`;
