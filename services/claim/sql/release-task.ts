import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { isFirstRequest, logEvents } from '@dispatcher/database/events/event-log.ts';
import type { RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { taskColumns } from '@dispatcher/database/tasks/task-columns.ts';
import type { Holder } from '../holder.ts';
import { liveClaim } from './live-claim.ts';

/**
 * What a holder says at a release. Null keeps the value of the task. The reason is the exception: it is always that of
 * the last release.
 */
export interface Release {
  releaseReason: string | null;
  retryAfterSeconds: number;
  branch: string | null;
  notes: string | null;
  contextHandoff: string | null;
  prUrls: string[] | null;
  commits: string[] | null;
}

/**
 * Ends a live claim and makes the task pending again. The reason decides the stage and the hold. Null when there is no
 * such live claim, or when the request is a repeat.
 */
export async function releaseTask(
  pool: Pool,
  identity: RequestIdentity,
  holder: Holder,
  release: Release,
  maxAttempts: number,
): Promise<TaskRow | null> {
  const who = [holder.organizationId, holder.taskId, holder.claimToken, holder.agent, holder.caller];
  const { releaseReason, retryAfterSeconds, branch, notes, contextHandoff, prUrls, commits } = release;
  const values = [...identity, ...who, releaseReason, retryAfterSeconds, maxAttempts, branch, notes, contextHandoff, prUrls, commits];
  const { rows } = await pool.query<TaskRow>({ name: 'release-task', text: releaseTaskSql, values });
  return rows[0] ?? null;
}

/** Exported for the test of its plan. */
export const releaseTaskSql = `
WITH released AS (
  UPDATE tasks SET status = 'pending', release_reason = $9::text,
    stage = CASE $9::text WHEN 'completed' THEN 'merge' WHEN 'audit_failed' THEN 'build' ELSE stage END,
    attempts = attempts - CASE WHEN $9::text = 'not_started' THEN 1 ELSE 0 END,
    failed_claims = failed_claims + CASE WHEN coalesce($9::text, '') IN ('completed', 'not_started') THEN 0 ELSE 1 END,
    held = held OR coalesce($9::text, '') IN ('blocked', 'needs_human')
      OR (coalesce($9::text, '') NOT IN ('completed', 'not_started') AND failed_claims + 1 >= $11::integer),
    available_at = CASE WHEN $10::integer > 0 THEN clock_timestamp() + make_interval(secs => $10::integer) END,
    branch = coalesce($12, branch), notes = coalesce($13, notes), context_handoff = coalesce($14, context_handoff),
    pr_urls = coalesce($15::text[], pr_urls), commits = coalesce($16::text[], commits)
  WHERE organization_id = $4 AND id = $5 AND ${liveClaim('$6', '$7')} AND ${isFirstRequest}
  RETURNING *
),
${logEvents(
  `SELECT *, 'task.released' AS type, CASE WHEN $6 IS NULL AND $7 IS NULL THEN $8 ELSE agent END AS actor, 'claimed' AS status_before,
    owner AS owner_before, layer AS layer_before, claim_token AS event_token FROM released`,
  { releaseReason: '$9::text', notes: '$13', availableAt: 'available_at' },
  `attempts + CASE WHEN $9::text = 'not_started' THEN 1 ELSE 0 END`,
)}
SELECT ${taskColumns('released')} FROM released`;
