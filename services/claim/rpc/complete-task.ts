import type { ServiceImpl } from '@connectrpc/connect';
import { identityOf, once } from '@dispatcher/database/events/idempotency.ts';
import { readTask } from '@dispatcher/database/tasks/read-task.ts';
import { taskFromRow } from '@dispatcher/database/tasks/task-message.ts';
import { type ClaimService, type CompleteTaskRequest, CompleteTaskRequestSchema } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import type { ClaimDependencies } from '../dependencies.ts';
import { holderOf } from '../holder.ts';
import { refusalToHolder } from '../refusal.ts';
import { claimStanding } from '../sql/claim-standing.ts';
import { type Completion, completeTask as complete } from '../sql/complete-task.ts';

/** Ends a live claim with the task done. The same token again gets the same answer. */
export function completeTask({ database: { pool }, published }: ClaimDependencies): ServiceImpl<typeof ClaimService>['completeTask'] {
  return async (request, context) => {
    const identity = identityOf(CompleteTaskRequestSchema, request, context);
    const holder = await holderOf(pool, request, context);
    const { organizationId, taskId, claimToken, agent } = holder;
    const finish = async () => {
      const row = await complete(pool, identity, holder, completionOf(request));
      if (row) return row;
      const standing = await claimStanding(pool, organizationId, taskId, claimToken, agent);
      const doneByThisToken = standing?.status === 'done' && !standing.archivedAt && claimToken !== null && standing.claimToken === claimToken;
      if (!doneByThisToken) throw refusalToHolder(standing);
      return standing;
    };
    const row = await once(pool, identity, finish, (kept) => readTask(pool, kept.organizationId, kept.taskId));
    published();
    return row ? { data: taskFromRow(row) } : {};
  };
}

function completionOf({ notes, prUrls, commits }: CompleteTaskRequest): Completion {
  return { notes: notes ?? null, prUrls: prUrls.length > 0 ? prUrls : null, commits: commits.length > 0 ? commits : null };
}
