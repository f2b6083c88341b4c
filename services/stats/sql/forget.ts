import type { Pool } from '@dispatcher/database/connection/pool.ts';

/** A statement forgets at most so many rows, so that it holds no lock for long. */
export const forgetSize = 500;

/** Forgets positions older than `days`; answers how many. A stream can no longer resume from before them. */
export async function forgetPositions(pool: Pool, days: number): Promise<number> {
  const { rowCount } = await pool.query({ name: 'forget-positions', text: positionsSql, values: [days, forgetSize] });
  return rowCount ?? 0;
}

const positionsSql = `
DELETE FROM event_positions WHERE position = ANY (ARRAY(
  SELECT position FROM (SELECT position, numbered_at FROM event_positions ORDER BY position LIMIT $2) AS oldest
  WHERE numbered_at < clock_timestamp() - make_interval(days => $1)
))`;

/**
 * Forgets tasks that were done or archived more than `days` ago and not changed since, with their events and
 * idempotency keys, and takes them out of the counts; answers how many. A task with an event that a stream may still
 * ask for stays.
 */
export async function forgetTasks(pool: Pool, days: number): Promise<number> {
  const { rows } = await pool.query({ name: 'forget-tasks', text: forgetTasksSql, values: [days, forgetSize] });
  return rows.length;
}

/**
 * Walks `tasks_ended` from the oldest on, past those that stay, so that they hold up no other. The clock is the
 * statement's: the index can be asked for what is older than that, not for what is older than a clock that moves.
 */
export const forgetTasksSql = `
WITH old AS (
  SELECT organization_id, id FROM tasks t
  WHERE (completed_at IS NOT NULL OR archived_at IS NOT NULL)
    AND greatest(completed_at, archived_at) < statement_timestamp() - make_interval(days => $1)
    AND updated_at < statement_timestamp() - make_interval(days => $1)
    AND NOT EXISTS (
      SELECT FROM task_events e LEFT JOIN event_positions p ON p.event_id = e.id LEFT JOIN unpublished u ON u.event_id = e.id
      WHERE e.organization_id = t.organization_id AND e.task_id = t.id AND (p.event_id IS NOT NULL OR u.event_id IS NOT NULL)
    )
  ORDER BY greatest(completed_at, archived_at) LIMIT $2
  FOR UPDATE SKIP LOCKED
),
gone AS (
  DELETE FROM tasks t USING old WHERE t.organization_id = old.organization_id AND t.id = old.id
  RETURNING t.organization_id, t.id, t.status, t.owner, t.layer, t.archived_at
),
events AS (DELETE FROM task_events e USING gone WHERE e.organization_id = gone.organization_id AND e.task_id = gone.id),
counted AS (
  INSERT INTO task_counts AS counts (organization_id, dimension, value, count)
  SELECT organization_id, dimension, value, -count(*)
  FROM gone CROSS JOIN LATERAL (VALUES
    ('status', status), ('owner', coalesce(owner, 'unassigned')), ('layer', coalesce(layer, 'unassigned'))
  ) AS place (dimension, value)
  WHERE archived_at IS NULL
  GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (organization_id, dimension, value) DO UPDATE SET count = counts.count + excluded.count
)
SELECT 1 FROM gone`;

/**
 * Forgets counts that came to nothing, of an owner whose tasks are all gone say; answers how many. The table has few
 * rows for an organization, and is read whole.
 */
export async function forgetCounts(pool: Pool): Promise<number> {
  const { rowCount } = await pool.query({ name: 'forget-counts', text: countsSql, values: [forgetSize] });
  return rowCount ?? 0;
}

/**
 * A row that the relay is moving is left to it; and one that it moved since it was found is none of these any more,
 * since the lock looks again.
 */
const countsSql = `
WITH empty AS (SELECT organization_id, dimension, value FROM task_counts WHERE count = 0 LIMIT $1 FOR UPDATE SKIP LOCKED)
DELETE FROM task_counts c USING empty
WHERE c.organization_id = empty.organization_id AND c.dimension = empty.dimension AND c.value = empty.value`;
