import type { TaskEventRow } from '@dispatcher/database/entities/task-event.ts';

/** An event with its position. */
export interface NumberedEvent extends TaskEventRow {
  position: NonNullable<TaskEventRow['position']>;
}

/**
 * The columns that a statement returns of an event and its position, with the names of `NumberedEvent`. The arguments
 * name the two rows.
 */
export const eventColumns = (
  e: string,
  p: string,
) => `${p}.position, ${e}.id, ${e}.organization_id AS "organizationId", ${e}.task_id AS "taskId", ${e}.type,
  ${e}.occurred_at AS "occurredAt", ${e}.actor, ${e}.attempt, ${e}.title, ${e}.status, ${e}.stage, ${e}.owner, ${e}.layer, ${e}.milestone, ${e}.score,
  ${e}.release_reason AS "releaseReason", ${e}.notes, ${e}.available_at AS "availableAt"`;
