import { askedRequests, inPlace, itemList, requestColumns } from '@dispatcher/database/batching/asked-items.ts';
import type { BatchedStatement } from '@dispatcher/database/batching/batcher.ts';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { askedByRow, logEvents } from '@dispatcher/database/events/event-log.ts';
import type { RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { taskColumns } from '@dispatcher/database/tasks/task-columns.ts';
import type { Holder } from '../holder.ts';
import { holderColumns, holderItems, lockedItems } from './held-items.ts';
import { endClaim, type Release, releasedAttempt, releaseTask } from './release-task.ts';

/** A request to end a claim and make its task pending again. */
export interface ReleaseItem {
  readonly identity: RequestIdentity;
  readonly holder: Holder;
  readonly release: Release;
  /** The number of failed claims after which the task is held. */
  readonly maxAttempts: number;
}

/** Releases live claims. Concurrent requests share one statement. */
export const releaseStatement = (pool: Pool): BatchedStatement<ReleaseItem, TaskRow> => ({
  organizationOf: ({ holder }) => holder.organizationId,
  one: ({ identity, holder, release, maxAttempts }) => releaseTask(pool, identity, holder, release, maxAttempts),
  many: (items) => releaseTasks(pool, items),
});

/**
 * Does what `releaseTask` does for several items, in one statement and one commit. Returns undefined for an item
 * without such a live claim, for a repeat, for a second item with the same task, and for a task that another request
 * has just locked.
 */
export async function releaseTasks(pool: Pool, items: readonly ReleaseItem[]): Promise<(TaskRow | undefined)[]> {
  const { rows } = await pool.query<TaskRow & { place: number }>({
    name: 'release-tasks',
    text: releaseTasksSql,
    values: [itemList(items, columnsOf)],
  });
  return inPlace(rows, items.length);
}

const columnsOf = ({ identity, holder, release, maxAttempts }: ReleaseItem) => ({
  ...requestColumns(identity),
  ...holderColumns(holder),
  reason: release.releaseReason,
  retry_after_seconds: release.retryAfterSeconds,
  max_attempts: maxAttempts,
  said_branch: release.branch,
  said_notes: release.notes,
  said_handoff: release.contextHandoff,
  said_pr_urls: release.prUrls,
  said_commits: release.commits,
});

const columns = `reason text, retry_after_seconds integer, max_attempts integer, said_branch text, said_notes text, said_handoff text,
  said_pr_urls text[], said_commits text[]`;

const said = {
  ...{ reason: 'locked.reason', retryAfterSeconds: 'locked.retry_after_seconds', maxAttempts: 'locked.max_attempts', branch: 'locked.said_branch' },
  ...{ notes: 'locked.said_notes', contextHandoff: 'locked.said_handoff', prUrls: 'locked.said_pr_urls', commits: 'locked.said_commits' },
};

/** Exported for the test of its plan. */
export const releaseTasksSql = `
WITH ${askedRequests(`${holderItems}, ${columns}`)},
${lockedItems},
released AS (
  UPDATE tasks t SET ${endClaim(said)}
  FROM locked WHERE t.organization_id = locked.organization_id AND t.id = locked.id
  RETURNING t.*, locked.place, locked.caller, locked.idempotency_key, locked.request_digest, locked.said_notes,
    coalesce(locked.person, t.agent) AS actor
),
${logEvents(
  `SELECT *, 'task.released' AS type, 'claimed' AS status_before, owner AS owner_before, layer AS layer_before, claim_token AS event_token
    FROM released`,
  { releaseReason: 'release_reason', notes: 'said_notes', availableAt: 'available_at' },
  releasedAttempt,
  askedByRow,
)}
SELECT ${taskColumns('released')}, released.place FROM released`;
