import { randomUUID } from 'node:crypto';
import type { Database } from '@dispatcher/database/connection/database.ts';
import { Organization } from '@dispatcher/database/entities/api-key.ts';
import { type Caller, callerLabel } from '@dispatcher/kit/auth/caller.ts';
import { invalidField } from '@dispatcher/kit/serving/errors.ts';
import type { CreateTaskRequest } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { NewTask } from './sql/create-task.ts';
import { contentColumns, contentField, type TaskContent } from './task-content.ts';

/** The task that a request of this caller describes, in this organization. */
export function newTask(request: CreateTaskRequest, caller: Caller, organizationId: string): NewTask {
  return { organizationId, id: request.id ?? randomUUID(), createdBy: callerLabel(caller), content: contentOf(request) };
}

function contentOf(request: CreateTaskRequest): TaskContent {
  const given = contentColumns.map((column) => [column, contentField(request, column) ?? null]);
  return { ...Object.fromEntries(given), held: request.held ?? false, depends_on: request.dependsOn };
}

/**
 * The organization of a new task. A key has an organization that exists. An admin may have misspelt its name. `field`
 * is where the request names it.
 */
export async function organizationFor({ orm }: Database, caller: Caller, named: string | undefined, field: string): Promise<string> {
  if (named === undefined) throw invalidField(field, 'the admin key must name the organization of the task');
  if (caller.organizationId === named) return named;
  const found = await orm.em.fork().findOne(Organization, { id: named }, { disableIdentityMap: true });
  if (!found) throw invalidField(field, `there is no organization "${named}"; make a key for it first`);
  return named;
}
