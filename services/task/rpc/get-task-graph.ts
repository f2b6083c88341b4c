import { create } from '@bufbuild/protobuf';
import type { ServiceImpl } from '@connectrpc/connect';
import { organizationOfTask, taskNotFound } from '@dispatcher/database/tasks/organization-of-task.ts';
import { type TaskGraph, TaskGraphSchema, type TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { TaskDependencies } from '../dependencies.ts';
import { type GraphTask, readGraph, type Side } from '../sql/read-graph.ts';

/** The most nodes that a graph has. */
const nodesMax = 500;

/** All tasks that a task waits for, and all tasks that wait for it. */
export function getTaskGraph({ database: { pool } }: TaskDependencies): ServiceImpl<typeof TaskService>['getTaskGraph'] {
  return async (request) => {
    const tasks = await readGraph(pool, await organizationOfTask(pool, request), request.taskId, nodesMax);
    if (tasks.length === 0) throw taskNotFound();
    return { data: graphOf(tasks) };
  };
}

function graphOf(tasks: readonly (GraphTask & { side: Side })[]): TaskGraph {
  const [before, after] = (['before', 'after'] as const).map((side) => tasks.filter((task) => task.side === side));
  const shown = [...tasks.slice(0, 1), ...share(before ?? [], after ?? [], nodesMax - 1)];
  const ids = new Set(shown.map(({ id }) => id));
  const edges = shown.flatMap(({ id, dependsOn }) => dependsOn.filter((from) => ids.has(from)).map((from) => ({ from, to: id })));
  return create(TaskGraphSchema, { nodes: shown, edges, truncated: shown.length < tasks.length });
}

/** At most `room` tasks of both sides together. Each side gets half, and what the other side leaves free. */
function share<T>(one: readonly T[], other: readonly T[], room: number): T[] {
  const half = Math.floor(room / 2);
  const first = one.slice(0, Math.max(half, room - other.length));
  return [...first, ...other.slice(0, room - first.length)];
}
