import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { ServiceImpl } from '@connectrpc/connect';
import { cursorPart, pageOf, pageWanted } from '@dispatcher/database/page.ts';
import { organizationOfTask } from '@dispatcher/database/tasks/organization-of-task.ts';
import { readTask } from '@dispatcher/database/tasks/read-task.ts';
import { type Attempt, AttemptSchema, type TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { TaskDependencies } from '../dependencies.ts';
import { type AttemptRow, listAttempts } from '../sql/list-attempts.ts';

/** A task rarely has more attempts, so most callers get all of them at once. */
const defaultLimit = 200;

/** The claims of a task, oldest first, and how each ended. */
export function listTaskAttempts({ database: { pool } }: TaskDependencies): ServiceImpl<typeof TaskService>['listTaskAttempts'] {
  return async ({ limit = defaultLimit, offset, cursor, ...request }) => {
    const wanted = pageWanted({ limit, offset, cursor }, [cursorPart.integer]);
    const { organizationId, id } = await readTask(pool, await organizationOfTask(pool, request), request.taskId);
    const { rows, meta } = pageOf(await listAttempts(pool, organizationId, id, wanted), wanted, (attempt) => [attempt.id]);
    return { data: rows.map(attemptFromRow), meta };
  };
}

function attemptFromRow({ attempt, agent, stage, claimedAt, endedAt, how, releaseReason, notes, availableAt }: AttemptRow): Attempt {
  return create(AttemptSchema, {
    attempt,
    agent,
    stage,
    claimedAt: timestampFromDate(claimedAt),
    endedAt: endedAt ? timestampFromDate(endedAt) : undefined,
    how,
    releaseReason: releaseReason ?? undefined,
    notes: notes ?? undefined,
    availableAt: availableAt ? timestampFromDate(availableAt) : undefined,
  });
}
