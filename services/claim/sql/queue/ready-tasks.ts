import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { NumberedEvents } from '@dispatcher/database/events/numbered-events.ts';
import type { AvailableTask } from '../../waiting-claims.ts';

/** When there are more events than this, only the newest are read. */
const eventsMax = 1000;

/** The columns of a task that can be offered, with the names of `AvailableTask`. */
export const availableColumns = 't.organization_id AS "organizationId", t.id, t.stage, t.owner, t.project, t.milestone, t.layer';

/** The tasks of these events that claim-next can return now. Looks at three primary keys once for each event. */
export async function readyTasks(pool: Pool, { after, upTo }: NumberedEvents): Promise<AvailableTask[]> {
  const { rows } = await pool.query<AvailableTask>({ name: 'ready-tasks', text: sql, values: [after, upTo, eventsMax] });
  return rows;
}

/** OFFSET 0 keeps the planner from joining whole tables: each event is one look at an index. */
const sql = `
SELECT DISTINCT ${availableColumns}
FROM (SELECT event_id FROM event_positions WHERE position > $1 AND position <= $2 ORDER BY position DESC LIMIT $3) AS p
CROSS JOIN LATERAL (SELECT organization_id, task_id FROM task_events WHERE id = p.event_id AND status = 'pending' OFFSET 0) AS e
CROSS JOIN LATERAL (SELECT * FROM tasks WHERE organization_id = e.organization_id AND id = e.task_id AND ready OFFSET 0) AS t`;
