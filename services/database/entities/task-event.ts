import { defineEntity, type InferEntity, p } from '@mikro-orm/core';

/** A transition of a task in the event log. */
export const TaskEvent = defineEntity({
  name: 'TaskEvent',
  tableName: 'task_events',
  properties: {
    id: p.bigint('string').primary(),
    organizationId: p.text(),
    taskId: p.text(),
    type: p.text(),
    occurredAt: p.datetime(),
    actor: p.text().nullable(),
    attempt: p.integer(),
    title: p.text(),
    status: p.text(),
    stage: p.text(),
    owner: p.text().nullable(),
    layer: p.text().nullable(),
    milestone: p.text().nullable(),
    score: p.float(),
    releaseReason: p.text().nullable(),
    notes: p.text().nullable(),
    availableAt: p.datetime().nullable(),
    position: p
      .bigint('string')
      .nullable()
      .formula((columns) => `(SELECT position FROM event_positions WHERE event_id = ${columns.id})`),
  },
});

/** A row of `task_events` with its position. The position is null until the relay has numbered the event. */
export type TaskEventRow = InferEntity<typeof TaskEvent>;

/** The position of an event among the events of all organizations. */
export const EventPosition = defineEntity({
  name: 'EventPosition',
  tableName: 'event_positions',
  properties: {
    position: p.bigint('string').primary(),
    eventId: p.bigint('string'),
    organizationId: p.text(),
  },
});
