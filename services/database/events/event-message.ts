import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type Event, EventSchema } from '@recursiv/proto/gen/dispatcher/v1/event_pb.ts';
import type { TaskEventRow } from '../entities/task-event.ts';

/** Converts a row of the event log to the message. */
export function eventFromRow(row: TaskEventRow): Event {
  return create(EventSchema, {
    position: row.position == null ? undefined : BigInt(String(row.position)),
    type: row.type,
    organizationId: row.organizationId,
    taskId: row.taskId,
    occurredAt: timestampFromDate(row.occurredAt),
    actor: row.actor ?? undefined,
    attempt: row.attempt,
    task: {
      id: row.taskId,
      title: row.title,
      status: row.status,
      stage: row.stage,
      owner: row.owner ?? undefined,
      layer: row.layer ?? undefined,
      milestone: row.milestone ?? undefined,
      score: row.score,
    },
    releaseReason: row.releaseReason ?? undefined,
    // A completion keeps its notes for the list of attempts alone.
    notes: (row.type !== 'task.completed' && row.notes) || undefined,
    availableAt: row.availableAt ? timestampFromDate(row.availableAt) : undefined,
  });
}
