import type { Caller } from '@dispatcher/kit/auth/caller.ts';
import { DispatcherError, invalidField } from '@dispatcher/kit/serving/errors.ts';
import type { CreateTasksRequest } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { newTask } from './new-task.ts';
import { dependencyCycle } from './sql/change-dependencies.ts';
import type { OneOfSeveral, TaskKey } from './sql/create-several.ts';

/** The tasks of one request, and the existing tasks that they wait for. */
export interface SeveralTasks {
  readonly tasks: readonly OneOfSeveral[];
  /** The tasks that must exist already, each once, with the place of the first task that waits for it. */
  readonly outside: readonly (TaskKey & { place: number })[];
}

/** The organization of a task, whether its request names one or not. `field` is where the request names it. */
type FindOrganization = (named: string | undefined, field: string) => Promise<string>;

const keyOf = (organizationId: string, id: string) => `${organizationId} ${id}`;

/**
 * The tasks that a request describes, each in an organization that exists. Refuses an id that occurs twice, and tasks
 * that wait for each other in a circle. Each organization is looked up once.
 */
export async function severalTasks(request: CreateTasksRequest, caller: Caller, find: FindOrganization): Promise<SeveralTasks> {
  const organizations = new Map<string | undefined, string>();
  const byKey = new Map<string, OneOfSeveral>();
  for (const [i, task] of request.tasks.entries()) {
    const named = task.organizationId ?? request.organizationId;
    const organization = organizations.get(named) ?? (await find(named, `tasks[${i}].organization_id`));
    organizations.set(named, organization);
    const made = newTask(task, caller, organization);
    if (byKey.has(keyOf(organization, made.id))) throw duplicateId(i, 'Another task of this request has the same id.');
    byKey.set(keyOf(organization, made.id), { ...made, inside: [] });
  }
  const tasks = [...byKey.values()].map((task) => ({
    ...task,
    inside: dependenciesOf(task).filter((id) => byKey.has(keyOf(task.organizationId, id))),
  }));
  refuseCircles(tasks);
  return { tasks, outside: outsideOf(tasks) };
}

const dependenciesOf = ({ content }: OneOfSeveral): readonly string[] => content.depends_on ?? [];

function outsideOf(tasks: readonly OneOfSeveral[]): SeveralTasks['outside'] {
  const outside = new Map<string, TaskKey & { place: number }>();
  for (const [place, task] of tasks.entries()) {
    const { organizationId, inside } = task;
    for (const id of dependenciesOf(task)) {
      if (!inside.includes(id) && !outside.has(keyOf(organizationId, id))) outside.set(keyOf(organizationId, id), { organizationId, id, place });
    }
  }
  return [...outside.values()];
}

/** No existing task waits for a new one, so a circle can only be among the new tasks. */
function refuseCircles(tasks: readonly OneOfSeveral[]): void {
  const byKey = new Map(tasks.map((task) => [keyOf(task.organizationId, task.id), task]));
  const free = new Set<string>();
  const path: string[] = [];
  const visit = ({ organizationId, id, inside }: OneOfSeveral): void => {
    const key = keyOf(organizationId, id);
    if (free.has(key)) return;
    if (path.includes(id)) throw dependencyCycle([...path.slice(path.indexOf(id)), id]);
    path.push(id);
    for (const next of inside) {
      const task = byKey.get(keyOf(organizationId, next));
      if (task) visit(task);
    }
    path.pop();
    free.add(key);
  };
  for (const task of tasks) visit(task);
}

/** A 409 for the id of the task at this place. */
export const duplicateId = (place: number, why: string): DispatcherError =>
  new DispatcherError('duplicate_id', `tasks[${place}].id: ${why}`, { field: `tasks[${place}].id` });

/** A 400 for a task with a dependency that does not exist. */
export const unknownOutside = ({ id, place }: { id: string; place: number }): DispatcherError =>
  invalidField(`tasks[${place}].depends_on`, `there is no task "${id}"; create it first or in the same request, or leave it out`);
