import type { Pool } from 'pg';

/** The organization that owns the tasks where there is only one. */
export const organization = 'org-0';

/** The names of so many organizations. */
export const organizationNames = (count: number): string[] => Array.from({ length: count }, (_, i) => `org-${i}`);

/** Tasks to insert. */
export interface NewTasks {
  readonly count: number;
  readonly organizations: number;
  /** With done, held and handed-over tasks among them, as in a database that has been used; else all can be claimed. */
  readonly mixed?: boolean;
}

/**
 * Inserts tasks past the services, without events: what it costs to create them is measured elsewhere. Each has a text of 220 characters, an owner, a
 * project, a milestone and a layer, so that a claim has every index to keep up.
 */
export async function insertTasks(pool: Pool, { count, organizations, mixed = false }: NewTasks): Promise<void> {
  await pool.query(insertSql, [count, organizations, mixed]);
}

const insertSql = `
INSERT INTO tasks (organization_id, id, title, description, project, owner, milestone, layer, stage, rev, use, effort, held, status, completed_at, rank, created_by)
SELECT 'org-' || i % $2, gen_random_uuid()::text, 'Task ' || i, repeat('x', 220), 'project-' || i / $2 % 7, 'owner-' || i / $2 % 50, 'milestone-' || i / $2 % 20,
  (ARRAY['core', 'plugin', 'ops'])[1 + i / $2 % 3], CASE WHEN kind = 2 THEN 'merge' ELSE 'build' END, rev, use, effort, kind = 3,
  CASE WHEN kind < 2 THEN 'done' ELSE 'pending' END, CASE WHEN kind < 2 THEN now() END, task_rank(task_score(rev, use, NULL, NULL, NULL, effort), now()), 'bench'
FROM generate_series(1, $1::integer) AS i,
  LATERAL (SELECT CASE WHEN $3::boolean THEN i / $2 % 20 ELSE 9 END AS kind, (i::bigint * 7919 % 100) / 10.0 AS rev, (i::bigint * 104729 % 90) / 10.0 AS use, 2 + i % 3 AS effort) AS inputs`;

/** Sees to it that the one organization has so many tasks to claim. */
export async function topUp(pool: Pool, backlog: number): Promise<void> {
  const { rows } = await pool.query<{ ready: number }>('SELECT count(*)::integer AS ready FROM tasks WHERE ready AND organization_id = $1', [
    organization,
  ]);
  await insertTasks(pool, { count: Math.max(0, backlog - (rows[0]?.ready ?? 0)), organizations: 1 });
  await pool.query('VACUUM (ANALYZE) tasks');
}
