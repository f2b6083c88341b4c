import type { Pool } from '@dispatcher/database/connection/pool.ts';

/** A stage of an organization or, for the admin, of all. */
export interface Queue {
  organizationId?: string | undefined;
  stage: string;
}

/** Which of these queues have a task for claim-next: one look at `tasks_ready` or `tasks_ready_anywhere` for each. */
export async function readyQueues(pool: Pool, queues: readonly Queue[]): Promise<Queue[]> {
  const values = [queues.map(({ organizationId }) => organizationId ?? null), queues.map(({ stage }) => stage)];
  const { rows } = await pool.query<{ index: string }>({ name: 'ready-queues', text: sql, values });
  return rows.flatMap(({ index }) => queues[Number(index) - 1] ?? []);
}

const sql = `
SELECT queue.index FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS queue (organization_id, stage, index)
WHERE CASE WHEN queue.organization_id IS NULL
  THEN EXISTS (SELECT FROM tasks t WHERE (CASE WHEN t.ready THEN t.stage END) = queue.stage)
  ELSE EXISTS (SELECT FROM tasks t WHERE t.ready AND t.organization_id = queue.organization_id AND t.stage = queue.stage)
END`;
