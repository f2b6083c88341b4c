import type { ServiceImpl } from '@connectrpc/connect';
import { TaskEvent } from '@dispatcher/database/entities/task-event.ts';
import { eventFromRow } from '@dispatcher/database/events/event-message.ts';
import { cursorPart, pageOf, pageWanted } from '@dispatcher/database/page.ts';
import { organizationOfTask } from '@dispatcher/database/tasks/organization-of-task.ts';
import { readTask } from '@dispatcher/database/tasks/read-task.ts';
import type { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { TaskDependencies } from '../dependencies.ts';

/**
 * Every transition of one task, oldest first. The events of one task are in the order of their ids, because each was
 * written under the lock on the task's row.
 */
export function listTaskActivity({ database }: TaskDependencies): ServiceImpl<typeof TaskService>['listTaskActivity'] {
  return async (request) => {
    const wanted = pageWanted(request, [cursorPart.integer]);
    const { organizationId, id: taskId } = await readTask(database.pool, await organizationOfTask(database.pool, request), request.taskId);
    const [afterId = '0'] = wanted.after ?? [];
    const events = await database.orm.em
      .fork()
      .find(
        TaskEvent,
        { organizationId, taskId, id: { $gt: afterId } },
        { orderBy: { id: 'asc' }, limit: wanted.limit + 1, offset: wanted.offset, disableIdentityMap: true },
      );
    const { rows, meta } = pageOf(events, wanted, (event) => [event.id]);
    return { data: rows.map(eventFromRow), meta };
  };
}
