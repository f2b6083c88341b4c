import { askedRequests, inPlace, itemList, requestColumns } from '@dispatcher/database/batching/asked-items.ts';
import type { BatchedStatement } from '@dispatcher/database/batching/batcher.ts';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { askedByRow, logEvents } from '@dispatcher/database/events/event-log.ts';
import type { RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { taskColumns } from '@dispatcher/database/tasks/task-columns.ts';
import type { Holder } from '../holder.ts';
import { type Completion, completeTask, type EndedTask, saidAtTheEnd } from './complete-task.ts';
import { holderColumns, holderItems, lockedItems } from './held-items.ts';
import { hasDependents } from './queue/unblock-dependents.ts';

/** A request to end a claim and mark its task as done. */
export interface CompleteItem {
  readonly identity: RequestIdentity;
  readonly holder: Holder;
  readonly completion: Completion;
}

/** Ends live claims and marks their tasks as done. Concurrent requests share one statement. */
export const completeStatement = (pool: Pool): BatchedStatement<CompleteItem, EndedTask> => ({
  organizationOf: ({ holder }) => holder.organizationId,
  one: ({ identity, holder, completion }) => completeTask(pool, identity, holder, completion),
  many: (items) => completeTasks(pool, items),
});

/**
 * Does what `completeTask` does for several items, in one statement and one commit. Returns undefined for an item
 * without such a live claim, for a repeat, for a second item with the same task, and for a task that another request
 * has just locked.
 */
export async function completeTasks(pool: Pool, items: readonly CompleteItem[]): Promise<(EndedTask | undefined)[]> {
  const list = itemList(items, ({ identity, holder, completion: { notes, prUrls, commits } }) => ({
    ...requestColumns(identity),
    ...holderColumns(holder),
    notes,
    pr_urls: prUrls,
    commits,
  }));
  const { rows } = await pool.query<EndedTask & { place: number }>({ name: 'complete-tasks', text: completeTasksSql, values: [list] });
  return inPlace(rows, items.length);
}

/** Exported for the test of its plan. */
export const completeTasksSql = `
WITH ${askedRequests(`${holderItems}, notes text, pr_urls text[], commits text[]`)},
${lockedItems},
done AS (
  UPDATE tasks t SET status = 'done', completed_at = clock_timestamp(), notes = coalesce(locked.notes, t.notes),
    pr_urls = coalesce(locked.pr_urls, t.pr_urls), commits = coalesce(locked.commits, t.commits)
  FROM locked WHERE t.organization_id = locked.organization_id AND t.id = locked.id
  RETURNING t.*, locked.place, locked.caller, locked.idempotency_key, locked.request_digest, coalesce(locked.person, t.agent) AS actor, locked.notes AS said
),
${logEvents(
  `SELECT *, 'task.completed' AS type, 'claimed' AS status_before, owner AS owner_before, layer AS layer_before, claim_token AS event_token
    FROM done`,
  saidAtTheEnd('said'),
  'attempts',
  askedByRow,
)}
SELECT ${taskColumns('done')}, ${hasDependents('done')}, done.place FROM done`;
