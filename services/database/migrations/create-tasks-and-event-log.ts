import { Migration } from '@mikro-orm/migrations';

/** The tables of the first version: tasks, the event log with its queue and positions, the counts, and the keys. */
export class CreateTasksAndEventLog extends Migration {
  override up(): void {
    for (const statement of [settings, functions, keys, tasks, taskIndexes, eventLog, stats]) this.addSql(statement);
  }
}

const settings = `
-- One row: the settings on which all processes must agree.
CREATE TABLE settings (
  one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
  half_life_days double precision NOT NULL CHECK (half_life_days > 0)
);
INSERT INTO settings (half_life_days) VALUES (14);
`;

const benefit = '(coalesce(rev, 0) * 3 + coalesce(use, 0) * 2 + coalesce(ts, 0) * 2 + coalesce(sec, 0) * 4 + coalesce(stab, 0) * 2)';

const functions = `
-- A benefit that small counts as zero. Divided and decayed it would underflow, which is an error in PostgreSQL.
CREATE FUNCTION task_score(rev float8, use float8, ts float8, sec float8, stab float8, effort float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN ${benefit} < 1e-100 THEN 0 ELSE ${benefit} / greatest(coalesce(effort, 2), 2) END;

-- Days are whole UTC days. 2020-01-01 is day 0, so that the numbers stay small and exact.
CREATE FUNCTION utc_day(at timestamptz) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (at AT TIME ZONE 'UTC')::date - DATE '2020-01-01';

-- Decay lowers all scores by the same factor each day. So the order by rank is the order by effective score, on every
-- day. The rank is rounded, so that equal effective scores have equal ranks in spite of binary fractions.
CREATE FUNCTION task_rank(score float8, updated_at timestamptz) RETURNS float8
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN score <= 0 THEN '-Infinity'::float8
       ELSE round((ln(score) / ln(2::float8) + utc_day(updated_at) / (SELECT half_life_days FROM settings))::numeric, 10)::float8 END;

-- The decay ends after 600 half-lives. Much later it would underflow, which is an error in PostgreSQL.
CREATE FUNCTION task_effective_score(score float8, updated_at timestamptz) RETURNS float8
LANGUAGE sql STABLE PARALLEL SAFE
RETURN score * power(2::float8, greatest(-600, (utc_day(updated_at) - utc_day(statement_timestamp())) / (SELECT half_life_days FROM settings)));
`;

const keys = `
CREATE TABLE organizations (
  id text COLLATE "C" PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE api_keys (
  id text COLLATE "C" PRIMARY KEY,
  organization_id text COLLATE "C" NOT NULL REFERENCES organizations,
  name text NOT NULL,
  scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
  digest bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz,
  revoked_at timestamptz
);
CREATE INDEX api_keys_newest ON api_keys (created_at DESC, id);
`;

const tasks = `
-- The task service writes the content, and the claim service writes the state. Both write held.
CREATE TABLE tasks (
  organization_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,

  project text, title text NOT NULL, description text, owner text, milestone text, layer text,
  rev float8, use float8, ts float8, sec float8, stab float8, effort float8,
  score float8 NOT NULL GENERATED ALWAYS AS (task_score(rev, use, ts, sec, stab, effort)) STORED,
  rank float8 NOT NULL,
  notes text,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  held boolean NOT NULL DEFAULT false,

  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'claimed', 'done')),
  stage text NOT NULL DEFAULT 'build' CHECK (stage IN ('build', 'merge')),
  available_at timestamptz,
  -- The tasks that claim-next may return. A task that waits for a time becomes ready when the sweeper finds it due.
  ready boolean NOT NULL GENERATED ALWAYS AS (status = 'pending' AND NOT held AND available_at IS NULL AND archived_at IS NULL) STORED,
  attempts integer NOT NULL DEFAULT 0,
  -- The claims that ended without done or completed since a person last ended a hold.
  failed_claims integer NOT NULL DEFAULT 0,
  -- While the task is claimed: the live claim. Otherwise the last claim, so that a repeated done is recognized.
  agent text, claim_token text COLLATE "C", lease_seconds integer,
  claimed_at timestamptz, last_heartbeat_at timestamptz, expires_at timestamptz,
  branch text, pr_urls text[] NOT NULL DEFAULT '{}', commits text[] NOT NULL DEFAULT '{}',
  release_reason text, context_handoff text,
  completed_at timestamptz,
  archived_at timestamptz,

  PRIMARY KEY (organization_id, id),
  CHECK (status <> 'claimed' OR (agent IS NOT NULL AND claim_token IS NOT NULL AND lease_seconds BETWEEN 30 AND 1800
         AND claimed_at IS NOT NULL AND last_heartbeat_at IS NOT NULL AND expires_at IS NOT NULL AND archived_at IS NULL)),
  CHECK ((status = 'done') = (completed_at IS NOT NULL)),
  CHECK (available_at IS NULL OR status = 'pending')
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
`;

const taskIndexes = `
-- For claim-next: one index for each filter. Each ends in the order, and has only tasks that can be claimed now.
CREATE INDEX tasks_ready ON tasks (organization_id, stage, rank DESC, created_at, id) WHERE ready;
-- The others are on an expression, so that a query by it can use no other index. Otherwise, when all tasks have one
-- owner, the planner would take the index above and read all of it for an owner who has no task.
CREATE INDEX tasks_ready_owner ON tasks (organization_id, stage, (CASE WHEN ready THEN owner END), rank DESC, created_at, id)
  WHERE (CASE WHEN ready THEN owner END) IS NOT NULL;
CREATE INDEX tasks_ready_project ON tasks (organization_id, stage, (CASE WHEN ready THEN project END), rank DESC, created_at, id)
  WHERE (CASE WHEN ready THEN project END) IS NOT NULL;
CREATE INDEX tasks_ready_milestone ON tasks (organization_id, stage, (CASE WHEN ready THEN milestone END), rank DESC, created_at, id)
  WHERE (CASE WHEN ready THEN milestone END) IS NOT NULL;
CREATE INDEX tasks_ready_layer ON tasks (organization_id, stage, (CASE WHEN ready THEN layer END), rank DESC, created_at, id)
  WHERE (CASE WHEN ready THEN layer END) IS NOT NULL;
-- For an admin, over all organizations.
CREATE INDEX tasks_ready_anywhere ON tasks ((CASE WHEN ready THEN stage END), rank DESC, created_at, id)
  WHERE (CASE WHEN ready THEN stage END) IS NOT NULL;

-- The list of an organization, in the same order.
CREATE INDEX tasks_listed ON tasks (organization_id, rank DESC, created_at, id) WHERE archived_at IS NULL;

-- For the sweeper and the list of claims. It is not by the end of the lease, because each heartbeat would have to
-- change the index.
CREATE INDEX tasks_claimed ON tasks (organization_id, claimed_at, id) WHERE status = 'claimed';
CREATE INDEX tasks_waiting ON tasks (available_at) WHERE available_at IS NOT NULL;

-- Retention.
CREATE INDEX tasks_completed ON tasks (completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX tasks_archived ON tasks (archived_at) WHERE archived_at IS NOT NULL;
`;

const eventLog = `
-- Every transition once, written by the statement that made it and never updated: audit trail, replay, and record of
-- idempotency keys. Ids are not an order over all tasks, because a transaction may commit after one with a higher id.
-- The order is in event_positions.
CREATE TABLE task_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organization_id text COLLATE "C" NOT NULL,
  task_id text COLLATE "C" NOT NULL,
  type text NOT NULL CHECK (type IN ('task.created', 'task.updated', 'task.claimed', 'task.released', 'task.expired', 'task.completed', 'task.archived')),
  occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor text,
  attempt integer NOT NULL,
  title text NOT NULL, status text NOT NULL, stage text NOT NULL, owner text, layer text, milestone text, score float8 NOT NULL,
  -- Null for a task that was not counted before.
  status_before text, owner_before text, layer_before text,
  claim_token text COLLATE "C",
  -- Who sent the request, and with which idempotency key. The digest tells whether a repeat asks for the same.
  caller text COLLATE "C", idempotency_key text COLLATE "C", request_digest bytea
);
CREATE INDEX task_events_of_task ON task_events (organization_id, task_id, id);
CREATE UNIQUE INDEX task_events_idempotency ON task_events (caller, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- Events that have no position yet. The relay empties the table all the time, so it needs frequent vacuuming.
CREATE TABLE unpublished (
  event_id bigint PRIMARY KEY
) WITH (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 0);

-- The order of the events of all organizations, without gaps.
CREATE TABLE event_positions (
  position bigint PRIMARY KEY,
  event_id bigint NOT NULL,
  organization_id text COLLATE "C" NOT NULL,
  numbered_at timestamptz NOT NULL DEFAULT statement_timestamp()
);
CREATE INDEX event_positions_of_event ON event_positions (event_id);
CREATE INDEX event_positions_of_organization ON event_positions (organization_id, position);

-- One row: the newest position, and the newest position that the bus has confirmed.
CREATE TABLE relay_state (
  one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
  position bigint NOT NULL DEFAULT 0,
  published_position bigint NOT NULL DEFAULT 0
);
INSERT INTO relay_state DEFAULT VALUES;
`;

const stats = `
-- The number of an organization's tasks by status, owner and layer. It counts the events that have a position; a read
-- adds the rest.
CREATE TABLE task_counts (
  organization_id text COLLATE "C" NOT NULL,
  dimension text COLLATE "C" NOT NULL CHECK (dimension IN ('status', 'owner', 'layer')),
  value text COLLATE "C" NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (organization_id, dimension, value)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
`;
