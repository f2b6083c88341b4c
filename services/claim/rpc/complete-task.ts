import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { identityOf, type RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { readTask } from '@dispatcher/database/tasks/read-task.ts';
import { taskFromRow } from '@dispatcher/database/tasks/task-message.ts';
import {
  type ClaimService,
  type CompleteItem,
  type CompleteTaskRequest,
  CompleteTaskRequestSchema,
} from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import type { ClaimDependencies } from '../dependencies.ts';
import { type Holder, holderOf } from '../holder.ts';
import { refusalToHolder } from '../refusal.ts';
import { claimStanding } from '../sql/claim-standing.ts';
import type { Completion } from '../sql/complete-task.ts';
import { unblockAfter } from '../unblock.ts';

/** Ends a live claim and marks the task as done. A repeat with the same token gets the same answer. */
export function completeTask(dependencies: ClaimDependencies): ServiceImpl<typeof ClaimService>['completeTask'] {
  return async (request, context) => {
    const identity = identityOf(CompleteTaskRequestSchema, request, context);
    return { data: taskFromRow(await finishTask(dependencies, identity, request, context)) };
  };
}

/** Ends one claim, alone or as one of several. */
export async function finishTask(
  dependencies: ClaimDependencies,
  identity: RequestIdentity,
  request: CompleteTaskRequest | CompleteItem,
  context: HandlerContext,
): Promise<TaskRow> {
  const { pool, idempotencyKeys } = dependencies.database;
  const holder = await holderOf(pool, request, context);
  const row = await idempotencyKeys.once(
    identity,
    async () => {
      const ended = await dependencies.statements.complete.run({ identity, holder, completion: completionOf(request) }, context.signal);
      await unblockAfter(dependencies, ended);
      return ended as TaskRow | null;
    },
    (kept) => readTask(pool, kept.organizationId, kept.taskId),
  );
  dependencies.published();
  return row ?? (await finishedBefore(pool, holder));
}

/** The task, when this same claim finished it earlier. Otherwise fails with the reason why nothing was changed. */
async function finishedBefore(pool: Pool, { organizationId, taskId, claimToken, agent }: Holder): Promise<TaskRow> {
  const standing = await claimStanding(pool, organizationId, taskId, claimToken, agent);
  const isOwnWork = standing?.status === 'done' && !standing.archivedAt && claimToken !== null && standing.claimToken === claimToken;
  if (!isOwnWork) throw refusalToHolder(standing);
  return standing;
}

function completionOf({ notes, prUrls, commits }: CompleteTaskRequest | CompleteItem): Completion {
  return { notes: notes ?? null, prUrls: prUrls.length > 0 ? prUrls : null, commits: commits.length > 0 ? commits : null };
}
