import type { ServiceImpl } from '@connectrpc/connect';
import { cursorPart, pageOf, pageWanted } from '@dispatcher/database/page.ts';
import { taskFromRow } from '@dispatcher/database/task-message.ts';
import type { ListTasksRequest, TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { TaskDependencies } from '../dependencies.ts';
import { placeOf, type TaskFilters, taskList } from '../task-list.ts';

/** The tasks that match, in the order in which claim-next would hand them out. */
export function listTasks({ database }: TaskDependencies): ServiceImpl<typeof TaskService>['listTasks'] {
  return async (request) => {
    const wanted = pageWanted(request, [cursorPart.number, cursorPart.integer, cursorPart.text, cursorPart.text]);
    const tasks = await taskList(database, filtersOf(request), wanted);
    const { rows, meta } = pageOf(tasks, wanted, placeOf);
    return { data: rows.map(taskFromRow), meta };
  };
}

function filtersOf({ organizationId, status, owner, milestone, layer, project, stage, held }: ListTasksRequest): TaskFilters {
  const asked = { organizationId, status: status === 'in_progress' ? 'claimed' : status, owner, milestone, layer, project, stage, held };
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
}
