import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { ActivityParams, CreateInput, Event, TasksParams, UpdateInput } from '@recursiv/sdk';
import { fittingPage } from './fitting-page.ts';
import { taskInList } from './task-in-list.ts';
import { defineTool, type Tool } from './tool.ts';

type OfTask<T> = T & { task_id: string };

const { method } = TaskService;

const list = defineTool<TasksParams>({
  name: 'list_tasks',
  title: 'List tasks',
  description: [
    'Lists tasks, the best first, in the order in which claim_next_task hands them out. Archived tasks are left out.',
    'So are descriptions, notes and other long texts: get_task has them.',
  ].join(' '),
  method: method.listTasks,
  hints: { readOnly: true },
  call: ({ dispatcher, signal }, given) =>
    fittingPage('tasks', given.limit, (limit) => dispatcher.tasks({ ...given, limit }, { signal }), taskInList),
});

const get = defineTool<{ task_id: string }>({
  name: 'get_task',
  title: 'Get a task',
  description: 'Reads one task by its id, also an archived one.',
  method: method.getTask,
  hints: { readOnly: true },
  async call({ dispatcher, signal }, { task_id }) {
    const { data } = await dispatcher.get(task_id, {}, { signal });
    return { nextStep: 'This is the task. Claim it with claim_task before you work on it.', data };
  },
});

const explain = defineTool<{ task_id: string }>({
  name: 'explain_task',
  title: 'Explain why a task waits',
  description: 'Says why claim_next_task hands a task out or not: every reason, its place in the order, its score, and what could be done.',
  method: method.explainTask,
  hints: { readOnly: true },
  async call({ dispatcher, signal }, { task_id }) {
    const { data } = await dispatcher.explain(task_id, {}, { signal });
    const now = data.claimable ? 'claim_next_task hands it out when its turn comes.' : 'claim_next_task does not hand it out now.';
    return { nextStep: `${now} The reasons are in data.`, data };
  },
});

const create = defineTool<CreateInput>({
  name: 'create_task',
  title: 'Create a task',
  description: [
    'Creates a task for any agent. Its score comes from rev, use, ts, sec, stab and effort, and decides when it is handed out.',
    'Nobody gets it before the tasks in depends_on are done.',
  ].join(' '),
  method: method.createTask,
  hints: {},
  async call({ dispatcher, signal }, given) {
    const { data } = await dispatcher.create(given, { signal });
    const next = data.blocked_by.length > 0 ? 'It waits for those in blocked_by.' : 'To work on it yourself, claim it with claim_task.';
    return { nextStep: `The task is created. ${next}`, data: taskInList(data) };
  },
});

const createSeveral = defineTool<{ tasks: CreateInput[] }>({
  name: 'create_tasks',
  title: 'Create several tasks',
  description: [
    'Creates several tasks, all or none. Use it for a plan: a task can name others of the same call in depends_on,',
    'and nobody can claim it before those are done.',
  ].join(' '),
  method: method.createTasks,
  hints: {},
  async call({ dispatcher, signal }, { tasks }) {
    const { data } = await dispatcher.createMany(tasks, { signal });
    return { nextStep: 'All of these tasks are created. To work on one yourself, claim it with claim_task.', data: data.map(taskInList) };
  },
});

const update = defineTool<OfTask<UpdateInput>>({
  name: 'update_task',
  title: 'Update a task',
  description: 'Changes the content, score inputs, notes, held or depends_on of a task, never its status. Null clears a field.',
  method: method.updateTask,
  nullable: ['description', 'project', 'owner', 'milestone', 'layer', 'rev', 'use', 'ts', 'sec', 'stab', 'effort', 'notes', 'concurrency_key'],
  hints: { destructive: true, idempotent: true },
  async call({ dispatcher, signal }, { task_id, ...given }) {
    const { data } = await dispatcher.update(task_id, given, { signal });
    return { nextStep: 'The task is changed.', data: taskInList(data) };
  },
});

const activity = defineTool<OfTask<ActivityParams>>({
  name: 'list_task_activity',
  title: 'List what happened to a task',
  description: 'Lists every transition of one task with the agent that made it, the oldest first. A release says why.',
  method: method.listTaskActivity,
  hints: { readOnly: true },
  call: ({ dispatcher, signal }, { task_id, ...given }) =>
    fittingPage('events', given.limit, (limit) => dispatcher.activity(task_id, { ...given, limit }, { signal }), happened),
});

const stats = defineTool<Record<string, never>>({
  name: 'get_dispatcher_stats',
  title: 'Count the tasks',
  description: 'Counts the tasks by status, owner and layer, without archived ones. Only the 100 owners with the most tasks are listed.',
  method: StatsService.method.getStats,
  hints: { readOnly: true },
  async call({ dispatcher, signal }) {
    const { data } = await dispatcher.stats({}, { signal });
    return { nextStep: 'These are the numbers of tasks.', data: { ...data, byOwner: largest(data.byOwner) } };
  },
});

/** The tools for tasks. */
export const taskTools: readonly Tool[] = [list, get, explain, create, createSeveral, update, activity, stats];

function happened({ type, occurred_at, actor, attempt, release_reason, notes, available_at }: Event): object {
  return { type, occurred_at, actor, attempt, release_reason, notes, available_at };
}

/** The 100 largest of the counts. */
function largest(counts: Readonly<Record<string, number>>): Record<string, number> {
  const sorted = Object.entries(counts).sort(([, one], [, other]) => other - one);
  return Object.fromEntries(sorted.slice(0, 100));
}
