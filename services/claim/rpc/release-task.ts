import type { ServiceImpl } from '@connectrpc/connect';
import { identityOf } from '@dispatcher/database/events/idempotency.ts';
import { readTask } from '@dispatcher/database/tasks/read-task.ts';
import { taskFromRow } from '@dispatcher/database/tasks/task-message.ts';
import { type ClaimService, type ReleaseTaskRequest, ReleaseTaskRequestSchema } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import type { ClaimDependencies } from '../dependencies.ts';
import { holderOf } from '../holder.ts';
import { refusalToHolder } from '../refusal.ts';
import { claimStanding } from '../sql/claim-standing.ts';
import type { Release } from '../sql/release-task.ts';

/** Ends a live claim and makes the task pending again. */
export function releaseTask({
  database: { pool, idempotencyKeys },
  statements,
  maxAttempts,
  published,
}: ClaimDependencies): ServiceImpl<typeof ClaimService>['releaseTask'] {
  return async (request, context) => {
    const identity = identityOf(ReleaseTaskRequestSchema, request, context);
    const holder = await holderOf(pool, request, context);
    const row = await idempotencyKeys.once(
      identity,
      () => statements.release.run({ identity, holder, release: releaseOf(request), maxAttempts }, context.signal),
      (kept) => readTask(pool, kept.organizationId, kept.taskId),
    );
    if (!row) throw refusalToHolder(await claimStanding(pool, holder.organizationId, holder.taskId, holder.claimToken, holder.agent));
    published();
    return { data: taskFromRow(row) };
  };
}

function releaseOf(request: ReleaseTaskRequest): Release {
  const { releaseReason = null, retryAfterSeconds = 0, branch = null, notes = null, contextHandoff = null, prUrls, commits } = request;
  return {
    releaseReason,
    retryAfterSeconds,
    branch,
    notes,
    contextHandoff,
    prUrls: prUrls.length > 0 ? prUrls : null,
    commits: commits.length > 0 ? commits : null,
  };
}
