import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { countChanges } from './count-changes.ts';
import { eventColumns, type NumberedEvent } from './event-columns.ts';

/** The most events that one round of the relay numbers. */
export const roundSize = 1000;

/** The result of a round. */
export interface Round {
  events: NumberedEvent[];
  /** The newest position before this round. */
  before: number;
  /** The newest position that the bus has confirmed. */
  publishedPosition: number;
}

/**
 * Gives committed events the next positions, and adds their changes to the counts. It is one statement, so a round
 * happens whole or not at all. The relays lock the row of relay_state; null when another relay holds the lock. Rows
 * leave `unpublished` in the order of their ids. For one task that is the order of its events, because a task's next
 * event is written after the one before has committed. `confirmed` is recorded as published.
 *
 * A task that ended while others are still blocked by it is left for the sweeper in `finished_dependencies`: whoever
 * ended it died before it could unblock them, or did not know of them yet. Here the end has committed, and so has
 * every dependent that was written before it.
 */
export async function numberEvents(pool: Pool, confirmed: number): Promise<Round | null> {
  const { rows } = await pool.query<Partial<NumberedEvent> & RelayState>({
    name: 'number-events',
    text: sql,
    values: [confirmed, roundSize],
  });
  const [first] = rows;
  if (!first) return null;
  const events = rows.filter((row): row is NumberedEvent & RelayState => row.id != null);
  return { events, before: Number(first.before), publishedPosition: Number(first.published) };
}

interface RelayState {
  before: string;
  published: string;
}

/**
 * With OFFSET 0 each event is one look at the primary key. Without it the planner may choose a plan for many events,
 * which reads the whole log for a few of them.
 */
const sql = `
WITH state AS (SELECT position, published_position FROM relay_state FOR UPDATE SKIP LOCKED),
taken AS (
  DELETE FROM unpublished WHERE event_id = ANY (ARRAY(SELECT event_id FROM unpublished ORDER BY event_id LIMIT $2))
    AND EXISTS (SELECT FROM state)
  RETURNING event_id
),
numbered AS MATERIALIZED (
  SELECT state.position + row_number() OVER (ORDER BY taken.event_id) AS position, e.*
  FROM taken CROSS JOIN state CROSS JOIN LATERAL (SELECT * FROM task_events WHERE id = taken.event_id OFFSET 0) AS e
),
placed AS (INSERT INTO event_positions (position, event_id, organization_id) SELECT position, id, organization_id FROM numbered),
moved AS (
  UPDATE relay_state SET position = position + (SELECT count(*) FROM taken), published_position = greatest(published_position, $1::bigint)
  WHERE EXISTS (SELECT FROM state) AND (EXISTS (SELECT FROM taken) OR published_position < $1::bigint)
),
finished AS (
  INSERT INTO finished_dependencies (organization_id, task_id)
  SELECT e.organization_id, e.task_id FROM numbered e
  WHERE e.type IN ('task.completed', 'task.archived') AND (
    SELECT true FROM task_dependencies d
    CROSS JOIN LATERAL (SELECT blocked_by FROM tasks WHERE organization_id = d.organization_id AND id = d.task_id OFFSET 0) AS t
    WHERE d.organization_id = e.organization_id AND d.depends_on_id = e.task_id AND e.task_id = ANY (t.blocked_by) LIMIT 1
  )
  ON CONFLICT (organization_id, task_id) DO NOTHING
),
counted AS (
  INSERT INTO task_counts AS counts (organization_id, dimension, value, count)
  SELECT e.organization_id, change.dimension, change.value, sum(change.delta)
  FROM numbered e CROSS JOIN LATERAL (SELECT * FROM ${countChanges('e')}) AS change
  GROUP BY 1, 2, 3 HAVING sum(change.delta) <> 0 ORDER BY 1, 2, 3
  ON CONFLICT (organization_id, dimension, value) DO UPDATE SET count = counts.count + excluded.count
)
SELECT state.position AS before, greatest(state.published_position, $1::bigint) AS published, ${eventColumns('e', 'e')}
FROM state LEFT JOIN numbered e ON true
ORDER BY e.position`;
