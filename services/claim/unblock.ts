import type { ClaimDependencies } from './dependencies.ts';
import { finishedDependencies, forgetFinishedDependencies } from './sql/queue/finished-dependencies.ts';
import { unblockDependents } from './sql/queue/unblock-dependents.ts';

type Unblocking = Pick<ClaimDependencies, 'database' | 'waiting'>;

/**
 * Unblocks the tasks that waited for a task that just ended, before the caller gets its answer. So the next claim-next
 * finds them. When this fails the task has still ended, and the sweeper unblocks them later.
 */
export async function unblockAfter(
  dependencies: Unblocking,
  ended: { organizationId: string; id: string; hasDependents: true | null } | null,
): Promise<void> {
  if (!ended?.hasDependents) return;
  await unblock(dependencies, ended.organizationId, [ended.id]).catch(() => undefined);
}

/** Does the same for every end whose dependents were not unblocked in time. Returns the number of unblocked tasks. */
export async function unblockMissed(dependencies: Unblocking): Promise<number> {
  const { pool } = dependencies.database;
  let unblocked = 0;
  for (const { organizationId, ids } of await finishedDependencies(pool)) {
    unblocked += await unblock(dependencies, organizationId, ids);
    await forgetFinishedDependencies(pool, organizationId, ids);
  }
  return unblocked;
}

async function unblock({ database: { pool }, waiting }: Unblocking, organizationId: string, ids: readonly string[]): Promise<number> {
  const tasks = await unblockDependents(pool, organizationId, ids);
  for (const task of tasks) waiting.offer(task);
  return tasks.length;
}
