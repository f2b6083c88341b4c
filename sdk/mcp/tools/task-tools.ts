import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { ActivityParams, CreateInput, Event, Page, Stats, Task, TasksParams, UpdateInput } from '@recursiv/sdk';
import { dataText } from './data-text.ts';
import { defineTool, type Tool } from './tool.ts';

type OfTask<T> = T & { task_id: string };

const { method } = TaskService;

const list = defineTool<TasksParams, { data: Task[]; meta: Page }>({
  name: 'list_tasks',
  title: 'List tasks',
  description: 'Lists tasks, the best first, in the order claim_next_task would hand them out. Archived tasks are left out.',
  method: method.listTasks,
  hints: { readOnly: true },
  call: ({ dispatcher, signal }, given) => dispatcher.tasks(given, { signal }),
  text: ({ data, meta }) =>
    dataText(`${data.length} tasks${meta.has_more ? ', and more' : ''}.`, { tasks: data.map(listed), next_cursor: meta.next_cursor }),
});

const get = defineTool<{ task_id: string }, { data: Task }>({
  name: 'get_task',
  title: 'Get a task',
  description: 'Reads one task by its id, archived ones included.',
  method: method.getTask,
  hints: { readOnly: true },
  call: ({ dispatcher, signal }, { task_id }) => dispatcher.get(task_id, {}, { signal }),
  text: ({ data }) => dataText('The task.', data),
});

const create = defineTool<CreateInput, { data: Task }>({
  name: 'create_task',
  title: 'Create a task',
  description: 'Creates a task for whoever takes it. Its score follows from rev, use, ts, sec, stab and effort, and decides when it is handed out.',
  method: method.createTask,
  hints: {},
  call: ({ dispatcher, signal }, given) => dispatcher.create(given, { signal }),
  text: ({ data }) => dataText('The task is created.', listed(data)),
});

const update = defineTool<OfTask<UpdateInput>, { data: Task }>({
  name: 'update_task',
  title: 'Update a task',
  description: 'Changes the content, score inputs, notes or held of a task; never its status. What is not given stays, null clears.',
  method: method.updateTask,
  nullable: ['description', 'project', 'owner', 'milestone', 'layer', 'rev', 'use', 'ts', 'sec', 'stab', 'effort', 'notes'],
  hints: { destructive: true, idempotent: true },
  call: ({ dispatcher, signal }, { task_id, ...given }) => dispatcher.update(task_id, given, { signal }),
  text: ({ data }) => dataText('The task is changed.', data),
});

const activity = defineTool<OfTask<ActivityParams>, { data: Event[]; meta: Page }>({
  name: 'list_task_activity',
  title: 'List what happened to a task',
  description: 'Lists every transition of one task with the agent that made it, the oldest first.',
  method: method.listTaskActivity,
  hints: { readOnly: true },
  call: ({ dispatcher, signal }, { task_id, ...given }) => dispatcher.activity(task_id, given, { signal }),
  text: ({ data, meta }) =>
    dataText(`${data.length} events${meta.has_more ? ', and more' : ''}.`, { events: data.map(happened), next_cursor: meta.next_cursor }),
});

const stats = defineTool<Record<string, never>, { data: Stats }>({
  name: 'get_dispatcher_stats',
  title: 'Count the tasks',
  description: 'Counts the tasks by status, owner and layer; archived ones are left out.',
  method: StatsService.method.getStats,
  hints: { readOnly: true },
  call: ({ dispatcher, signal }) => dispatcher.stats({}, { signal }),
  text: ({ data }) => dataText('Numbers of tasks.', data),
});

/** The tools that read and write what a task is. */
export const taskTools: readonly Tool[] = [list, get, create, update, activity, stats];

/** A task in a list; the structured content has the rest. */
function listed({ id, title, status, stage, held, owner, milestone, layer, project, effective_score, claim }: Task): object {
  return { id, title, status, stage, held: held || null, owner, milestone, layer, project, effective_score, agent: claim?.agent ?? null };
}

function happened({ type, occurred_at, actor, attempt }: Event): object {
  return { type, occurred_at, actor, attempt };
}
