import type { BenchPostgres } from './bench-postgres.ts';
import { insertTasks } from './insert-tasks.ts';
import { openPool } from './open-pool.ts';

/** A database with many tasks. */
export interface LargeDatabase {
  readonly url: string;
  readonly tasks: number;
  readonly organizations: number;
}

/** The organization whose best tasks all wait for a time. It is added to the others. */
export const postponing = 'postponing';

/** The number of its tasks that wait, and of those after them that can be claimed. */
const waiting = 10_000;
const claimable = 1_000;

/** Creates each large database once. */
export function largeDatabases(postgres: BenchPostgres): (tasks: number, organizations: number) => Promise<LargeDatabase> {
  const made = new Map<string, Promise<LargeDatabase>>();
  return (tasks, organizations) => {
    const name = `large_${tasks}_${organizations}`;
    const known = made.get(name) ?? makeLarge(postgres, name, tasks, organizations);
    made.set(name, known);
    return known;
  };
}

/** Creates the indexes after the tasks, which takes half of the time. */
async function makeLarge(postgres: BenchPostgres, name: string, tasks: number, organizations: number): Promise<LargeDatabase> {
  const url = await postgres.createMigrated(name);
  const pool = openPool(url);
  try {
    await pool.query(`SET maintenance_work_mem = '256MB'`);
    const { rows: indexes } = await pool.query<{ name: string; definition: string }>(indexesSql);
    const { rows: keys } = await pool.query<{ definition: string }>(keySql);
    for (const index of indexes) await pool.query(`DROP INDEX ${index.name}`);
    await pool.query('ALTER TABLE tasks DROP CONSTRAINT tasks_pkey');
    await insertTasks(pool, { count: tasks, organizations, mixed: true });
    await pool.query(postponedSql, [postponing, waiting, waiting + claimable]);
    await pool.query(`ALTER TABLE tasks ADD CONSTRAINT tasks_pkey ${keys[0]?.definition}`);
    for (const index of indexes) await pool.query(index.definition);
    await pool.query('VACUUM (ANALYZE) tasks');
  } finally {
    await pool.end();
  }
  return { url, tasks, organizations };
}

/** All indexes except the primary key. */
const indexesSql = `
SELECT indexname AS name, indexdef AS definition FROM pg_indexes WHERE tablename = 'tasks' AND indexname <> 'tasks_pkey'`;

const keySql = `SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conname = 'tasks_pkey'`;

const postponedSql = `
INSERT INTO tasks (organization_id, id, title, rev, rank, available_at, created_by)
SELECT $1, gen_random_uuid()::text, 'Task ' || i, 8, task_rank(CASE WHEN i <= $2::integer THEN 12 ELSE 6 END, now()),
  CASE WHEN i <= $2::integer THEN now() + interval '1 day' END, 'bench'
FROM generate_series(1, $3::integer) AS i`;
