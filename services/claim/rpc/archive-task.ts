import type { ServiceImpl } from '@connectrpc/connect';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { identityOf } from '@dispatcher/database/events/idempotency.ts';
import { organizationOfTask } from '@dispatcher/database/tasks/organization-of-task.ts';
import { readTask } from '@dispatcher/database/tasks/read-task.ts';
import { taskFromRow } from '@dispatcher/database/tasks/task-message.ts';
import { callerLabel, callerOf } from '@dispatcher/kit/auth/caller.ts';
import { ArchiveTaskRequestSchema, type ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import type { ClaimDependencies } from '../dependencies.ts';
import { archiveTask as archive } from '../sql/archive-task.ts';
import { unblockAfter } from '../unblock.ts';

/** Archives a task. A task that is archived already is returned as it is. */
export function archiveTask(dependencies: ClaimDependencies): ServiceImpl<typeof ClaimService>['archiveTask'] {
  const { pool, idempotencyKeys } = dependencies.database;
  return async (request, context) => {
    const identity = identityOf(ArchiveTaskRequestSchema, request, context);
    const organizationId = await organizationOfTask(pool, request);
    const row = await idempotencyKeys.once(
      identity,
      async () => {
        const ended = await archive(pool, identity, organizationId, request.taskId, callerLabel(callerOf(context)));
        await unblockAfter(dependencies, ended);
        return ended as TaskRow | null;
      },
      (kept) => readTask(pool, kept.organizationId, kept.taskId),
    );
    dependencies.published();
    return { data: taskFromRow(row ?? (await readTask(pool, organizationId, request.taskId))) };
  };
}
