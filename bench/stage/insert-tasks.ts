import type { Pool } from 'pg';

/** The organization that owns the tasks when there is only one. */
export const organization = 'org-0';

/** The names of this many organizations. */
export const organizationNames = (count: number): string[] => Array.from({ length: count }, (_, i) => `org-${i}`);

/** Tasks to insert. */
export interface NewTasks {
  readonly count: number;
  readonly organizations: number;
  /** True: some tasks are done, held or handed over, as in a used database. Otherwise all tasks can be claimed. */
  readonly mixed?: boolean;
}

/**
 * Inserts tasks directly into the database, without events, because the cost of creating tasks is measured elsewhere.
 * Each has a text of 220 characters, an owner, a project, a milestone and a layer, so that a claim has to update every
 * index.
 */
export async function insertTasks(pool: Pool, { count, organizations, mixed = false }: NewTasks): Promise<void> {
  await pool.query(insertSql, [count, organizations, mixed]);
}

/** A thousand scores are computed once and used again, because computing them takes a third of the time. */
const insertSql = `
WITH score AS MATERIALIZED (
  SELECT place, rev, use, effort, task_rank(task_score(rev, use, NULL, NULL, NULL, effort), now()) AS rank
  FROM generate_series(0, 999) AS place, LATERAL (SELECT place * 7919 % 100 / 10.0 AS rev, place * 1047 % 90 / 10.0 AS use, 2 + place % 3 AS effort) AS inputs
),
task AS (
  SELECT i, 'org-' || i % $2 AS organization, i / $2 AS number, CASE WHEN $3::boolean THEN i / $2 % 20 ELSE 9 END AS kind FROM generate_series(1, $1::integer) AS i
)
INSERT INTO tasks (organization_id, id, title, description, project, owner, milestone, layer, stage, rev, use, effort, held, status, completed_at, rank, created_by)
SELECT organization, gen_random_uuid()::text, 'Task ' || i, repeat('x', 220), 'project-' || number % 7, 'owner-' || number % 50, 'milestone-' || number % 20,
  (ARRAY['core', 'plugin', 'ops'])[1 + number % 3], CASE WHEN kind = 2 THEN 'merge' ELSE 'build' END, rev, use, effort, kind = 3,
  CASE WHEN kind < 2 THEN 'done' ELSE 'pending' END, CASE WHEN kind < 2 THEN now() END, rank, 'bench'
FROM task JOIN score ON place = i % 1000`;

/** Makes sure that the organization has this many tasks to claim. */
export async function topUp(pool: Pool, backlog: number): Promise<void> {
  const { rows } = await pool.query<{ ready: number }>('SELECT count(*)::integer AS ready FROM tasks WHERE ready AND organization_id = $1', [
    organization,
  ]);
  await insertTasks(pool, { count: Math.max(0, backlog - (rows[0]?.ready ?? 0)), organizations: 1 });
  await pool.query('VACUUM (ANALYZE) tasks');
}
