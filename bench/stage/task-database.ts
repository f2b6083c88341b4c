import { topUp } from './insert-tasks.ts';
import { openPool } from './open-pool.ts';
import type { Stage } from './stage.ts';

/** A database with Dispatcher's schema. */
export interface TaskDatabase {
  readonly url: string;
  /** Sees to it that the organization has so many tasks to claim. */
  prepare(backlog: number): Promise<void>;
}

/** Makes one. */
export async function createTaskDatabase({ postgres }: Stage, resources: AsyncDisposableStack): Promise<TaskDatabase> {
  const url = await postgres.createMigrated('dispatcher');
  const pool = resources.adopt(openPool(url), (each) => each.end());
  return { url, prepare: (backlog) => topUp(pool, backlog) };
}
