/** What a holder said at a release, as SQL expressions over a row of `source`. */
export interface HolderSaid {
  releaseReason: string;
  notes: string;
  availableAt: string;
}

/**
 * The last part of every statement that changes a task: the CTEs that write its events and queue them for the relay.
 * So state and event commit together. `source` is a SELECT with the columns of the changed task row, and with `type`,
 * `actor`, `status_before`, `owner_before`, `layer_before` and `event_token`. Its rows get their ids in its order. The
 * first three parameters of the statement say who asked; see `RequestIdentity`. An expiry has no requester, also when
 * a claim finds it. `attempt` is the number of the claim that the event is about.
 */
export function logEvents(source: string, said?: HolderSaid, attempt = 'attempts'): string {
  return `
event AS (
  INSERT INTO task_events (organization_id, task_id, type, actor, attempt, title, status, stage, owner, layer, milestone, score,
    status_before, owner_before, layer_before, claim_token, caller, idempotency_key, request_digest${said ? ', release_reason, notes, available_at' : ''})
  SELECT organization_id, id, type, actor, ${attempt}, title, status, stage, owner, layer, milestone, score,
    status_before, owner_before, layer_before, event_token, $1::text, CASE WHEN type <> 'task.expired' THEN $2::text END, $3::bytea
    ${said ? `, ${said.releaseReason}, left(${said.notes}, ${notesKept}), ${said.availableAt}` : ''}
  FROM (${source}) AS changed
  RETURNING id
),
queued AS (INSERT INTO unpublished (event_id) SELECT id FROM event)`;
}

/** The number of characters of the notes that an event stores. PostgreSQL counts code points. */
const notesKept = 500;

/**
 * A condition in every statement that logs a requested event. It is part of the statement's first read, so a repeat
 * under a used idempotency key locks nothing and changes nothing. It costs one look at the index
 * `task_events_idempotency`, and none without a key.
 */
export const isFirstRequest = 'NOT EXISTS (SELECT FROM task_events WHERE caller = $1 AND idempotency_key = $2)';

/** The parameters of `logEvents` for a change that no request asked for. */
export const bySystem = [null, null, null] as const;
