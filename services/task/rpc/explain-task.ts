import { create } from '@bufbuild/protobuf';
import type { ServiceImpl } from '@connectrpc/connect';
import { keyHolder } from '@dispatcher/database/tasks/concurrency-key.ts';
import { organizationOfTask, taskNotFound } from '@dispatcher/database/tasks/organization-of-task.ts';
import { callerOf } from '@dispatcher/kit/auth/caller.ts';
import { TaskExplanationSchema, type TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { TaskDependencies } from '../dependencies.ts';
import { nextActionsFor } from '../explain/next-actions.ts';
import { reasonsFor } from '../explain/reasons.ts';
import { scoreOf } from '../explain/score.ts';
import { countAhead, readExplainedTask } from '../sql/explain-task.ts';

/** Says why claim-next hands a task out or not, its place in the order, and what the caller can do. */
export function explainTask({ database: { pool } }: TaskDependencies): ServiceImpl<typeof TaskService>['explainTask'] {
  return async (request, context) => {
    const organizationId = await organizationOfTask(pool, request);
    const task = await readExplainedTask(pool, organizationId, request.taskId);
    if (!task) throw taskNotFound();
    const isPending = task.status === 'pending' && !task.archivedAt;
    const holder = isPending && !task.keyIsFree ? await keyHolder(pool, organizationId, task.concurrencyKey ?? '') : null;
    const ahead = isPending ? await countAhead(pool, organizationId, task.id) : undefined;
    // When the concurrency key is free again a moment later, it no longer blocks the task.
    const claimable = task.ready && !holder;
    const reasons = reasonsFor(task, holder);
    const data = create(TaskExplanationSchema, {
      claimable,
      reasons,
      position: claimable && ahead !== undefined ? ahead + 1 : undefined,
      ahead,
      score: scoreOf(task),
      nextActions: nextActionsFor(task, reasons, callerOf(context).organizationId === null),
    });
    return { data };
  };
}
