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

/** What the holder says, as SQL expressions. */
interface SaidInSql {
  reason: string;
  retryAfterSeconds: string;
  maxAttempts: string;
  branch: string;
  notes: string;
  contextHandoff: string;
  prUrls: string;
  commits: string;
}

/** The assignments that release a claim on the task `t`. */
export function endClaim(said: SaidInSql): string {
  const fails = `coalesce(${said.reason}, '') NOT IN ('completed', 'not_started')`;
  return `status = 'pending', release_reason = ${said.reason},
    stage = CASE ${said.reason} WHEN 'completed' THEN 'merge' WHEN 'audit_failed' THEN 'build' ELSE t.stage END,
    attempts = t.attempts - CASE WHEN ${said.reason} = 'not_started' THEN 1 ELSE 0 END,
    failed_claims = t.failed_claims + CASE WHEN ${fails} THEN 1 ELSE 0 END,
    held = t.held OR coalesce(${said.reason}, '') IN ('blocked', 'needs_human') OR (${fails} AND t.failed_claims + 1 >= ${said.maxAttempts}),
    available_at = CASE WHEN ${said.retryAfterSeconds} > 0 THEN clock_timestamp() + make_interval(secs => ${said.retryAfterSeconds}) END,
    branch = coalesce(${said.branch}, t.branch), notes = coalesce(${said.notes}, t.notes),
    context_handoff = coalesce(${said.contextHandoff}, t.context_handoff),
    pr_urls = coalesce(${said.prUrls}, t.pr_urls), commits = coalesce(${said.commits}, t.commits)`;
}

/** The number of the claim that was released. One that was not started is not counted any more. */
export const releasedAttempt = `attempts + CASE WHEN release_reason = 'not_started' THEN 1 ELSE 0 END`;

const said: SaidInSql = {
  ...{ reason: '$9::text', retryAfterSeconds: '$10::integer', maxAttempts: '$11::integer', branch: '$12::text', notes: '$13::text' },
  ...{ contextHandoff: '$14::text', prUrls: '$15::text[]', commits: '$16::text[]' },
};

/** Exported for the test of its plan. */
export const releaseTaskSql = `
WITH released AS (
  UPDATE tasks t SET ${endClaim(said)}
  WHERE organization_id = $4 AND id = $5 AND ${liveClaim('$6', '$7')} AND ${isFirstRequest}
  RETURNING *
),
${logEvents(
  `SELECT *, 'task.released' AS type, CASE WHEN $6 IS NULL AND $7 IS NULL THEN $8 ELSE agent END AS actor, 'claimed' AS status_before,
    owner AS owner_before, layer AS layer_before, claim_token AS event_token FROM released`,
  { releaseReason: 'release_reason', notes: said.notes, availableAt: 'available_at' },
  releasedAttempt,
)}
SELECT ${taskColumns('released')} FROM released`;
