/** What a holder said when it gave a task back, as SQL expressions over a row of `source`. */
export interface HolderSaid {
  releaseReason: string;
  notes: string;
  availableAt: string;
}

/**
 * The end of every statement that changes a task: the CTEs that write its events and queue them for the relay, so
 * that state and event commit together. `source` is a SELECT with a task row's columns as the change left it, and
 * `type`, `actor`, `status_before`, `owner_before`, `layer_before` and `event_token`; its rows get their ids in its
 * order. The statement's first three parameters say who asked: see `RequestIdentity`. An expiry is nobody's request,
 * even where a claim finds it out. `attempt` is the number of the claim that the event is about.
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

/** An event keeps so many characters of the notes; PostgreSQL counts code points. */
const notesKept = 500;

/**
 * The condition of every statement that logs a requested event, on what it reads first: a repeat under a used
 * idempotency key locks nothing and changes nothing. One look at `task_events_idempotency`, and none without a key.
 */
export const isFirstRequest = 'NOT EXISTS (SELECT FROM task_events WHERE caller = $1 AND idempotency_key = $2)';

/** The parameters of `logEvents` for a change that the server makes by itself. */
export const bySystem = [null, null, null] as const;
