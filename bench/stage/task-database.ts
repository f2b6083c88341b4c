import { topUp } from './insert-tasks.ts';
import { openPool } from './open-pool.ts';
import type { Stage } from './stage.ts';

/** A database with Dispatcher's schema. */
export interface TaskDatabase {
  readonly url: string;
  /** Makes sure that the organization has this many tasks to claim. */
  prepare(backlog: number): Promise<void>;
}

/** Creates such a database. */
export async function createTaskDatabase({ postgres }: Stage, resources: AsyncDisposableStack): Promise<TaskDatabase> {
  const url = await postgres.createMigrated('dispatcher');
  const pool = resources.adopt(openPool(url), (each) => each.end());
  return { url, prepare: (backlog) => topUp(pool, backlog) };
}
