import type { ServiceImpl } from '@connectrpc/connect';
import { cursorPart, pageOf, pageWanted } from '@dispatcher/database/page.ts';
import { taskFromRow } from '@dispatcher/database/tasks/task-message.ts';
import { dateFromField } from '@dispatcher/database/time.ts';
import type { ListTasksRequest, TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { TaskDependencies } from '../dependencies.ts';
import type { TaskFilters } from '../sql/list-branches.ts';
import { listTasks as list, placeOf } from '../sql/list-tasks.ts';

/** The tasks that match, in the order in which claim-next would return them. */
export function listTasks({ database }: TaskDependencies): ServiceImpl<typeof TaskService>['listTasks'] {
  return async (request) => {
    const wanted = pageWanted(request, [cursorPart.number, cursorPart.integer, cursorPart.text, cursorPart.text]);
    const tasks = await list(database, filtersOf(request), wanted);
    const { rows, meta } = pageOf(tasks, wanted, placeOf, ({ fits }) => fits);
    return { data: rows.map(taskFromRow), meta };
  };
}

function filtersOf({ status, q, updatedAfter, ...filters }: ListTasksRequest): TaskFilters {
  return {
    ...filters,
    status: statusFrom(status),
    words: q?.split(/\s+/).filter((word) => word !== ''),
    updatedAfter: updatedAfter && dateFromField('updated_after', updatedAfter),
  };
}

function statusFrom(word: string | undefined): TaskFilters['status'] {
  switch (word) {
    case 'pending':
    case 'done':
      return word;
    case 'claimed':
    case 'in_progress':
      return 'claimed';
    default:
      return undefined;
  }
}
