import type { Pool } from '@dispatcher/database/connection/pool.ts';

/** The most rows that a statement deletes, so that it holds no lock for long. */
export const forgetSize = 500;

/** Deletes positions older than `days` and returns their number. A stream cannot resume from before them any more. */
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
 * Deletes tasks that were done or archived more than `days` ago and not changed since, with their events and
 * idempotency keys, and subtracts them from the counts. Returns their number. A task stays while a stream can still
 * read one of its events.
 */
export async function forgetTasks(pool: Pool, days: number): Promise<number> {
  const { rows } = await pool.query({ name: 'forget-tasks', text: forgetTasksSql, values: [days, forgetSize] });
  return rows.length;
}

/**
 * Reads the index `tasks_ended` from the oldest task on and skips those that stay, so that they do not block the
 * others. The time is the start of the statement: an index condition needs a fixed value.
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
  RETURNING t.organization_id, t.id, t.status, t.owner, t.layer, t.archived_at, t.depends_on
),
before AS (DELETE FROM task_dependencies d USING gone WHERE d.organization_id = gone.organization_id AND d.depends_on_id = gone.id),
after AS (
  DELETE FROM task_dependencies d USING gone CROSS JOIN LATERAL unnest(gone.depends_on) AS dependency (id)
  WHERE d.organization_id = gone.organization_id AND d.depends_on_id = dependency.id AND d.task_id = gone.id
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
 * Deletes counts of zero, for example of an owner whose tasks are all deleted. Returns their number. The table has few
 * rows for each organization, so the statement reads all of it.
 */
export async function forgetCounts(pool: Pool): Promise<number> {
  const { rowCount } = await pool.query({ name: 'forget-counts', text: countsSql, values: [forgetSize] });
  return rowCount ?? 0;
}

/**
 * Skips a row that the relay has locked. When the relay has changed a row meanwhile, the lock tests the condition
 * again.
 */
const countsSql = `
WITH empty AS (SELECT organization_id, dimension, value FROM task_counts WHERE count = 0 LIMIT $1 FOR UPDATE SKIP LOCKED)
DELETE FROM task_counts c USING empty
WHERE c.organization_id = empty.organization_id AND c.dimension = empty.dimension AND c.value = empty.value`;
