import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import type { KeptEvent } from '@dispatcher/database/events/idempotency.ts';
import { readTask } from '@dispatcher/database/tasks/read-task.ts';
import { claimFromRow, taskFromRow } from '@dispatcher/database/tasks/task-message.ts';
import { type ClaimedTask, ClaimedTaskSchema } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { ClaimSchema } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';

/** A task with the claim that was just made on it. The token is included. */
export function claimedTask(row: TaskRow): ClaimedTask {
  return create(ClaimedTaskSchema, { task: taskFromRow(row), claim: claimFromRow(row, row.claimToken ?? undefined) });
}

/**
 * The answer for a claimer who repeats a request under an idempotency key: the task as it is now, with the claim that
 * the first request made. When the task was claimed again since, the claim is made from the event alone.
 */
export async function claimedTaskOf(pool: Pool, kept: KeptEvent): Promise<ClaimedTask> {
  const row = await readTask(pool, kept.organizationId, kept.taskId);
  if (row.claimToken === kept.claimToken) return claimedTask(row);
  const { organizationId, taskId, attempt } = kept;
  const at = timestampFromDate(kept.occurredAt);
  const claim = create(ClaimSchema, {
    taskId,
    organizationId,
    agent: kept.actor ?? '',
    claimToken: kept.claimToken ?? undefined,
    attempt,
    claimedAt: at,
    lastHeartbeatAt: at,
    expiresAt: at,
  });
  return create(ClaimedTaskSchema, { task: taskFromRow(row), claim });
}
