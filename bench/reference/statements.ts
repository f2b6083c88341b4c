/** The end of each statement: its events, in the log and in the queue of the relay. */
const logEvents = (source: string, type: string, statusBefore: string) => `
event AS (
  INSERT INTO task_events (organization_id, task_id, type, actor, attempt, title, status, status_before, owner, layer, milestone, score, claim_token)
  SELECT organization_id, id, '${type}', agent, attempts, title, status, '${statusBefore}', owner, layer, milestone, score, claim_token FROM ${source}
  RETURNING id
),
queued AS (INSERT INTO unpublished (event_id) SELECT id FROM event)
SELECT * FROM ${source}`;

const claim = (agent: string, token: string, leaseSeconds: string) => `
  UPDATE tasks t SET status = 'claimed', attempts = attempts + 1, agent = ${agent}, claim_token = ${token}, lease_seconds = ${leaseSeconds},
    claimed_at = clock_timestamp(), last_heartbeat_at = clock_timestamp(), expires_at = clock_timestamp() + make_interval(secs => ${leaseSeconds})
  FROM picked WHERE t.organization_id = picked.organization_id AND t.id = picked.id`;

/** $1 organization, $2 agent, $3 token, $4 seconds. */
export const claimOneSql = `
WITH picked AS (
  SELECT organization_id, id FROM tasks WHERE organization_id = $1 AND status = 'pending' AND NOT held
  ORDER BY rank DESC, created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
),
claimed AS (${claim('$2', '$3', '$4::integer')} RETURNING t.*),
${logEvents('claimed', 'task.claimed', 'pending')}`;

/**
 * $1 organizations, $2 how many for each, $3 the place before the first of each in the lists that follow: $4 agents,
 * $5 tokens, $6 seconds.
 */
export const claimManySql = `
WITH picked AS (
  SELECT t.organization_id, t.id,
    (r.before + row_number() OVER (PARTITION BY r.organization_id ORDER BY t.rank DESC, t.created_at, t.id))::integer AS place
  FROM unnest($1::text[], $2::integer[], $3::integer[]) AS r(organization_id, count, before)
  CROSS JOIN LATERAL (
    SELECT organization_id, id, rank, created_at FROM tasks
    WHERE organization_id = r.organization_id AND status = 'pending' AND NOT held
    ORDER BY rank DESC, created_at, id LIMIT r.count FOR UPDATE SKIP LOCKED
  ) AS t
),
claimed AS (${claim('($4::text[])[place]', '($5::text[])[place]', '($6::integer[])[place]')} RETURNING t.*, picked.place),
${logEvents('claimed', 'task.claimed', 'pending')}`;

const complete = (organization: string, id: string, token: string) => `
  WHERE t.organization_id = ${organization} AND t.id = ${id} AND t.status = 'claimed' AND t.claim_token = ${token} AND t.expires_at > clock_timestamp()
  RETURNING t.*`;

/** $1 organization, $2 id, $3 token. */
export const completeOneSql = `
WITH done AS (
  UPDATE tasks t SET status = 'done', completed_at = clock_timestamp() ${complete('$1', '$2', '$3')}
),
${logEvents('done', 'task.completed', 'claimed')}`;

/** $1 organizations, $2 ids, $3 tokens. */
export const completeManySql = `
WITH done AS (
  UPDATE tasks t SET status = 'done', completed_at = clock_timestamp()
  FROM unnest($1::text[], $2::text[], $3::text[]) AS r(organization_id, id, token) ${complete('r.organization_id', 'r.id', 'r.token')}
),
${logEvents('done', 'task.completed', 'claimed')}`;

/** Gives positions to committed events. */
export const relaySql = `
WITH gone AS (
  DELETE FROM unpublished WHERE event_id IN (SELECT event_id FROM unpublished ORDER BY event_id LIMIT 1000) RETURNING event_id
),
numbered AS (INSERT INTO event_positions (event_id) SELECT event_id FROM gone ORDER BY event_id RETURNING position, event_id)
SELECT numbered.position, e.* FROM numbered JOIN task_events e ON e.id = numbered.event_id`;
