import type { ServiceImpl } from '@connectrpc/connect';
import { identityOf } from '@dispatcher/database/events/idempotency.ts';
import { organizationOfTask } from '@dispatcher/database/tasks/organization-of-task.ts';
import { readTask } from '@dispatcher/database/tasks/read-task.ts';
import { taskFromRow } from '@dispatcher/database/tasks/task-message.ts';
import { callerLabel, callerOf } from '@dispatcher/kit/auth/caller.ts';
import { ArchiveTaskRequestSchema, type ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import type { ClaimDependencies } from '../dependencies.ts';
import { archiveTask as archive } from '../sql/archive-task.ts';

/** Archives a task. A task that is archived already is returned as it is. */
export function archiveTask({ database: { pool, idempotencyKeys }, published }: ClaimDependencies): ServiceImpl<typeof ClaimService>['archiveTask'] {
  return async (request, context) => {
    const identity = identityOf(ArchiveTaskRequestSchema, request, context);
    const organizationId = await organizationOfTask(pool, request);
    const row = await idempotencyKeys.once(
      identity,
      () => archive(pool, identity, organizationId, request.taskId, callerLabel(callerOf(context))),
      (kept) => readTask(pool, kept.organizationId, kept.taskId),
    );
    published();
    return { data: taskFromRow(row ?? (await readTask(pool, organizationId, request.taskId))) };
  };
}
