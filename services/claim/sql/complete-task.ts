import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { type HolderSaid, isFirstRequest, logEvents } from '@dispatcher/database/events/event-log.ts';
import type { RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { taskColumns } from '@dispatcher/database/tasks/task-columns.ts';
import type { Holder } from '../holder.ts';
import { liveClaim } from './live-claim.ts';
import { hasDependents } from './queue/unblock-dependents.ts';

/** What a holder says about finished work. Null keeps the value of the task. */
export interface Completion {
  notes: string | null;
  prUrls: string[] | null;
  commits: string[] | null;
}

/** A task that has just ended. */
export interface EndedTask extends TaskRow {
  /** Whether any task waits for it, or did. */
  hasDependents: true | null;
}

/** What the event of a completion stores for the list of attempts: the notes, and no fields of a release. */
export const saidAtTheEnd = (notes: string): HolderSaid => ({ releaseReason: 'NULL', notes, availableAt: 'NULL::timestamptz' });

/**
 * Ends a live claim and marks the task as done. The token stays on the row, so that a repeat of the same done is
 * recognized. Null when there is no such live claim, or when the request is a repeat.
 */
export async function completeTask(pool: Pool, identity: RequestIdentity, holder: Holder, completion: Completion): Promise<EndedTask | null> {
  const { notes, prUrls, commits } = completion;
  const values = [...identity, holder.organizationId, holder.taskId, holder.claimToken, holder.agent, holder.caller, notes, prUrls, commits];
  const { rows } = await pool.query<EndedTask>({ name: 'complete-task', text: completeTaskSql, values });
  return rows[0] ?? null;
}

/** Exported for the benchmark, which runs the statement without Node. */
export const completeTaskSql = `
WITH done AS (
  UPDATE tasks SET status = 'done', completed_at = clock_timestamp(), notes = coalesce($9, notes),
    pr_urls = coalesce($10::text[], pr_urls), commits = coalesce($11::text[], commits)
  WHERE organization_id = $4 AND id = $5 AND ${liveClaim('$6', '$7')} AND ${isFirstRequest}
  RETURNING *
),
${logEvents(
  `SELECT *, 'task.completed' AS type, CASE WHEN $6 IS NULL AND $7 IS NULL THEN $8 ELSE agent END AS actor, 'claimed' AS status_before,
    owner AS owner_before, layer AS layer_before, claim_token AS event_token FROM done`,
  saidAtTheEnd('$9'),
)}
SELECT ${taskColumns('done')}, ${hasDependents('done')} FROM done`;
