import { Migration } from '@mikro-orm/migrations';

/** Tasks that wait for other tasks, and tasks of which only one may be claimed at a time. */
export class LetTasksWaitForOthers extends Migration {
  override up(): void {
    for (const statement of [columns, readyIndexes, dependencies, events]) this.addSql(statement);
  }
}

const columns = `
-- What blocks a task is in its row, so that claim-next reads no other. A dependency that is done or archived leaves
-- blocked_by.
ALTER TABLE tasks ADD COLUMN depends_on text[] NOT NULL DEFAULT '{}', ADD COLUMN blocked_by text[] NOT NULL DEFAULT '{}',
  ADD COLUMN concurrency_key text COLLATE "C";
-- Older PostgreSQL cannot change what a column is generated from. Its indexes go with it.
ALTER TABLE tasks DROP COLUMN ready;
ALTER TABLE tasks ADD COLUMN ready boolean NOT NULL GENERATED ALWAYS AS
  (status = 'pending' AND NOT held AND available_at IS NULL AND archived_at IS NULL AND cardinality(blocked_by) = 0) STORED;
-- Of the tasks of an organization with one key, at most one is claimed.
CREATE UNIQUE INDEX tasks_concurrency ON tasks (organization_id, concurrency_key) WHERE status = 'claimed' AND concurrency_key IS NOT NULL;
`;

const filterIndex = (filter: string) => `
CREATE INDEX tasks_ready_${filter} ON tasks (organization_id, stage, (CASE WHEN ready THEN ${filter} END), rank DESC, created_at, id)
  WHERE (CASE WHEN ready THEN ${filter} END) IS NOT NULL;`;

/** As they were made first. */
const readyIndexes = `
CREATE INDEX tasks_ready ON tasks (organization_id, stage, rank DESC, created_at, id) WHERE ready;
${['owner', 'project', 'milestone', 'layer'].map(filterIndex).join('')}
CREATE INDEX tasks_ready_anywhere ON tasks ((CASE WHEN ready THEN stage END), rank DESC, created_at, id)
  WHERE (CASE WHEN ready THEN stage END) IS NOT NULL;
`;

const dependencies = `
-- Which tasks wait for a task: depends_on the other way round. Rows stay when the task is done, for the graph.
CREATE TABLE task_dependencies (
  organization_id text COLLATE "C" NOT NULL,
  depends_on_id text COLLATE "C" NOT NULL,
  task_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (organization_id, depends_on_id, task_id)
);

-- Tasks that are done or archived while others may still be blocked by them. The sweeper empties it.
CREATE TABLE finished_dependencies (
  organization_id text COLLATE "C" NOT NULL,
  task_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (organization_id, task_id)
) WITH (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 0);
`;

const events = `
-- Not validated: the rows that are there passed a stricter check, and the log may be long.
ALTER TABLE task_events DROP CONSTRAINT task_events_type_check;
ALTER TABLE task_events ADD CONSTRAINT task_events_type_check CHECK (type IN ('task.created', 'task.updated', 'task.claimed', 'task.released',
  'task.expired', 'task.completed', 'task.archived', 'task.unblocked')) NOT VALID;
`;
