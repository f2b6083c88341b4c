/** What a holder said at a release, as SQL expressions over a row of `source`. */
export interface HolderSaid {
  releaseReason: string;
  notes: string;
  availableAt: string;
}

/** Who asked for a change, as SQL expressions. */
interface Asked {
  caller: string;
  key: string;
  digest: string;
}

/** The first three parameters of the statement: see `RequestIdentity`. */
const askedByParameters: Asked = { caller: '$1::text', key: '$2::text', digest: '$3::bytea' };

/**
 * The same for a statement that does several things for one request. `source` counts them from 1 in its column
 * `place`. No two events can have the same idempotency key, so only the first has the key as it is. No caller can send
 * a line feed in a key.
 */
export const askedForSeveral: Asked = { ...askedByParameters, key: `CASE WHEN place = 1 THEN $2::text ELSE $2::text || E'\\n' || place END` };

/** Columns of each row of `source`, in a statement for several items: see `askedRequests`. */
export const askedByRow: Asked = { caller: 'caller', key: 'idempotency_key', digest: 'request_digest' };

/**
 * The last part of every statement that changes a task: the CTEs that write its events and queue them for the relay.
 * So state and event commit together. `source` is a SELECT with the columns of the changed task row, and with `type`,
 * `actor`, `status_before`, `owner_before`, `layer_before` and `event_token`. Its rows get their ids in its order.
 * `asked` says who asked. An expiry has no requester, also when a claim finds it. `attempt` is the number of the claim
 * that the event is about.
 */
export function logEvents(source: string, said?: HolderSaid, attempt = 'attempts', asked = askedByParameters): string {
  return `
event AS (
  INSERT INTO task_events (organization_id, task_id, type, actor, attempt, title, status, stage, owner, layer, milestone, score,
    status_before, owner_before, layer_before, claim_token, caller, idempotency_key, request_digest${said ? ', release_reason, notes, available_at' : ''})
  SELECT organization_id, id, type, actor, ${attempt}, title, status, stage, owner, layer, milestone, score,
    status_before, owner_before, layer_before, event_token, ${asked.caller}, CASE WHEN type <> 'task.expired' THEN ${asked.key} END, ${asked.digest}
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
export const isFirstRequest = firstRequest('$1', '$2');

/** The same, where caller and key are other expressions. */
export function firstRequest(caller: string, key: string): string {
  return `NOT EXISTS (SELECT FROM task_events e WHERE e.caller = ${caller} AND e.idempotency_key = ${key})`;
}

/** The parameters of `logEvents` for a change that no request asked for. */
export const bySystem = [null, null, null] as const;
