import type { ServiceImpl } from '@connectrpc/connect';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { type IdempotencyKeys, identityOf, type RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { pageMaxBytes } from '@dispatcher/database/tasks/task-bytes.ts';
import { taskFromRow } from '@dispatcher/database/tasks/task-message.ts';
import { type ClaimService, type CompleteItem, CompleteTasksRequestSchema } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import type { Task } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { ClaimDependencies } from '../dependencies.ts';
import { eachItem, type ItemResult, resultOf, untilTooLate } from '../each-item.ts';
import { finishTask } from './complete-task.ts';

/** Ends several live claims and marks their tasks as done. Each claim has its own result. */
export function completeTasks(dependencies: ClaimDependencies): ServiceImpl<typeof ClaimService>['completeTasks'] {
  return async (request, context) => {
    const identity = identityOf(CompleteTasksRequestSchema, request, context);
    const shown = createBoundedTasks();
    const finish = untilTooLate(async (item: CompleteItem, as: RequestIdentity) => {
      const meant = { ...item, organizationId: item.organizationId ?? request.organizationId };
      return shown(await finishTask(dependencies, as, meant, context));
    });
    const results = await finishAll(dependencies.database.idempotencyKeys, identity, request.claims, finish);
    return { data: results.map(({ item: { taskId }, value: task, error }) => ({ taskId, task, error })) };
  };
}

/**
 * The tokens alone make a repeat harmless. The idempotency key only tells a repeat from a different request. So one
 * event stores it: the event of the first claim that is ended.
 */
async function finishAll(
  keys: IdempotencyKeys,
  identity: RequestIdentity,
  claims: readonly CompleteItem[],
  finish: (item: CompleteItem, as: RequestIdentity) => Promise<Task>,
): Promise<ItemResult<CompleteItem, Task>[]> {
  const [caller, key] = identity;
  const begun: ItemResult<CompleteItem, Task>[] = [];
  if (key !== null && !(await keys.isUsed(identity))) {
    for (const claim of claims) {
      const result = await resultOf(claim, (item) => finish(item, identity));
      begun.push(result);
      if (result.value && (await keys.isUsed(identity))) break;
    }
  }
  const rest = await eachItem(claims.slice(begun.length), (claim) => finish(claim, [caller, null, null]));
  return [...begun, ...rest];
}

/** Tasks as the contract shows them. Only as many of them as fit into an answer have their long texts. */
function createBoundedTasks(): (row: TaskRow) => Task {
  let bytes = 0;
  return (row) => {
    const { description, notes, contextHandoff, prUrls, commits } = row;
    const texts = [description, notes, contextHandoff, ...prUrls, ...commits];
    bytes += texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0);
    if (bytes <= pageMaxBytes) return taskFromRow(row);
    return taskFromRow({ ...row, description: null, notes: null, contextHandoff: null, prUrls: [], commits: [] });
  };
}
