/**
 * The changes that an event makes in the counts, as rows of (dimension, value, delta): minus one for the old value and
 * plus one for the new. `event` names a row of task_events. A task is counted from its creation until it is archived.
 */
export function countChanges(event: string): string {
  return `(VALUES
    ('status', ${event}.status_before, -1), ('status', ${event}.status, 1),
    ('owner', coalesce(${event}.owner_before, 'unassigned'), -1), ('owner', coalesce(${event}.owner, 'unassigned'), 1),
    ('layer', coalesce(${event}.layer_before, 'unassigned'), -1), ('layer', coalesce(${event}.layer, 'unassigned'), 1)
  ) AS change (dimension, value, delta)
  WHERE CASE change.delta WHEN 1 THEN ${event}.type <> 'task.archived' ELSE ${event}.status_before IS NOT NULL END`;
}
