import { randomUUID } from 'node:crypto';
import type { ServiceImpl } from '@connectrpc/connect';
import type { Batcher } from '@dispatcher/database/batching/batcher.ts';
import type { Database } from '@dispatcher/database/connection/database.ts';
import { Organization } from '@dispatcher/database/entities/api-key.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { identityOf } from '@dispatcher/database/events/idempotency.ts';
import { readTask } from '@dispatcher/database/tasks/read-task.ts';
import { taskFromRow } from '@dispatcher/database/tasks/task-message.ts';
import { type Caller, callerLabel, callerOf } from '@dispatcher/kit/auth/caller.ts';
import { DispatcherError, invalidField } from '@dispatcher/kit/serving/errors.ts';
import { type CreateTaskRequest, CreateTaskRequestSchema, type TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { TaskDependencies } from '../dependencies.ts';
import type { CreateItem } from '../sql/create-tasks.ts';
import { contentColumns, type TaskContent } from '../task-content.ts';

/** Creates a task. A repeat with the same idempotency key gets the task as it is now. */
export function createTask(
  { database, published }: TaskDependencies,
  creation: Batcher<CreateItem, TaskRow>,
): ServiceImpl<typeof TaskService>['createTask'] {
  return async (request, context) => {
    const identity = identityOf(CreateTaskRequestSchema, request, context);
    const caller = callerOf(context);
    const organizationId = await organizationFor(database, caller, request.organizationId);
    const task = { organizationId, id: request.id ?? randomUUID(), createdBy: callerLabel(caller), content: contentOf(request) };
    const row = await database.idempotencyKeys.once(
      identity,
      () => creation.run({ identity, task }, context.signal),
      (kept) => readTask(database.pool, kept.organizationId, kept.taskId),
    );
    if (!row) throw new DispatcherError('duplicate_id', 'The organization already has a task with this id.', { field: 'id' });
    published();
    return { data: taskFromRow(row) };
  };
}

/** The organization of the new task. A key has an organization that exists. An admin may have misspelt its name. */
async function organizationFor({ orm }: Database, caller: Caller, named: string | undefined): Promise<string> {
  if (named === undefined) throw invalidField('organization_id', 'the admin key must name the organization of the task');
  if (caller.organizationId === named) return named;
  const found = await orm.em.fork().findOne(Organization, { id: named }, { disableIdentityMap: true });
  if (!found) throw invalidField('organization_id', `there is no organization "${named}"; make a key for it first`);
  return named;
}

function contentOf(request: CreateTaskRequest): TaskContent {
  const given = contentColumns.map((column) => [column, request[column] ?? null]);
  return { ...Object.fromEntries(given), held: request.held ?? false };
}
