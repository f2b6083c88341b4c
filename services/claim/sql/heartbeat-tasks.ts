import { askedItems, inPlace, itemList } from '@dispatcher/database/batching/asked-items.ts';
import type { BatchedStatement } from '@dispatcher/database/batching/batcher.ts';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { ClaimRow } from '@dispatcher/database/tasks/task-message.ts';
import { heartbeatTask, renewedClaim, renewLease } from './heartbeat-task.ts';
import { type ClaimItem, claimItemColumns, heldItems, lockedItems } from './held-items.ts';

/** Renews live claims. Concurrent requests share one statement. */
export const heartbeatStatement = (pool: Pool): BatchedStatement<ClaimItem, ClaimRow> => ({
  organizationOf: ({ organizationId }) => organizationId,
  one: ({ organizationId, taskId, claimToken, agent }) => heartbeatTask(pool, organizationId, taskId, claimToken, agent),
  many: (items) => heartbeatTasks(pool, items),
});

/**
 * Does what `heartbeatTask` does for several items, in one statement and one commit. Returns undefined for an item
 * without such a live claim, for a second item with the same task, and for a task that another request has just locked.
 */
export async function heartbeatTasks(pool: Pool, items: readonly ClaimItem[]): Promise<(ClaimRow | undefined)[]> {
  const values = [itemList(items, claimItemColumns)];
  const { rows } = await pool.query<ClaimRow & { place: number }>({ name: 'heartbeat-tasks', text: heartbeatTasksSql, values });
  return inPlace(rows, items.length);
}

/** Exported for the test of its plan. */
export const heartbeatTasksSql = `
WITH ${askedItems(heldItems)},
${lockedItems}
UPDATE tasks t SET ${renewLease('t.lease_seconds')}
FROM locked WHERE t.organization_id = locked.organization_id AND t.id = locked.id
RETURNING ${renewedClaim('t')}, locked.place`;
