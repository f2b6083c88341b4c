/**
 * The schema that somebody would write who needs only claims, leases, an audit trail and an event stream. It has one
 * index for claim-next and one for the audit trail, but no filters and no lists. A row has the same content as in
 * Dispatcher.
 */
export const schemaSql = `
CREATE TABLE IF NOT EXISTS api_keys (digest bytea PRIMARY KEY, organization_id text NOT NULL);

CREATE TABLE IF NOT EXISTS tasks (
  organization_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  project text, title text NOT NULL, description text, owner text, milestone text, layer text, notes text,
  rev float8, use float8, ts float8, sec float8, stab float8, effort float8,
  score float8 NOT NULL, rank float8 NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(), updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  held boolean NOT NULL DEFAULT false, status text NOT NULL DEFAULT 'pending', stage text NOT NULL DEFAULT 'build',
  attempts integer NOT NULL DEFAULT 0,
  agent text, claim_token text, lease_seconds integer, claimed_at timestamptz, last_heartbeat_at timestamptz, expires_at timestamptz,
  branch text, pr_urls text[] NOT NULL DEFAULT '{}', commits text[] NOT NULL DEFAULT '{}', release_reason text,
  completed_at timestamptz, archived_at timestamptz,
  PRIMARY KEY (organization_id, id)
) WITH (fillfactor = 80);
CREATE INDEX IF NOT EXISTS tasks_ready ON tasks (organization_id, rank DESC, created_at, id) WHERE status = 'pending' AND NOT held;

CREATE TABLE IF NOT EXISTS task_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organization_id text COLLATE "C" NOT NULL, task_id text COLLATE "C" NOT NULL,
  type text NOT NULL, occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor text, attempt integer NOT NULL, title text NOT NULL, status text NOT NULL, status_before text, owner text, layer text, milestone text,
  score float8 NOT NULL, claim_token text
);
CREATE INDEX IF NOT EXISTS task_events_of_task ON task_events (organization_id, task_id, id);
CREATE TABLE IF NOT EXISTS unpublished (event_id bigint PRIMARY KEY);
CREATE TABLE IF NOT EXISTS event_positions (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id bigint NOT NULL);
`;

/** Inserts tasks to claim, like those that Dispatcher is measured with. */
export const insertSql = `
INSERT INTO tasks (organization_id, id, title, description, project, owner, milestone, layer, rev, use, effort, score, rank, created_by)
SELECT $1, gen_random_uuid()::text, 'Task ' || i, repeat('x', 220), 'project-1', 'owner-' || i % 50, 'milestone-1', 'layer-1', 5, 3, 2, 10.5, random() * 10, 'bench'
FROM generate_series(1, $2::integer) AS i`;
