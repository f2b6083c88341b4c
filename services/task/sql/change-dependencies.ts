import type { Database } from '@dispatcher/database/connection/database.ts';
import type { Connection } from '@dispatcher/database/connection/pool.ts';
import { DispatcherError, invalidField } from '@dispatcher/kit/serving/errors.ts';
import { findCycle } from './find-cycle.ts';

/** The new dependencies of a task. */
export interface Dependencies {
  organizationId: string;
  taskId: string;
  dependsOn: readonly string[];
}

/** Calls `change`, which writes the task, with the new dependencies that still block it. */
type Change<T> = (connection: Connection, blockedBy: string[]) => Promise<T | null>;

/**
 * Changes the dependencies of a task in one transaction. Only one such transaction runs in an organization at a time,
 * because two could close a circle together. Null when there is no such task.
 *
 * The task and its dependencies are locked together, in the order in which every statement locks tasks. So a dependency
 * ends either before this transaction, which then sees the end, or after it, and then the end finds the new rows of
 * `task_dependencies`.
 */
export async function changeDependencies<T extends { changed: boolean }>(
  { pool, dependencyTurns }: Database,
  wanted: Dependencies,
  change: Change<T>,
): Promise<T | null> {
  const { organizationId, taskId, dependsOn } = wanted;
  const run = async (connection: Connection) => {
    await connection.query(`SELECT pg_advisory_xact_lock(hashtextextended('dependencies of ' || $1, 0))`, [organizationId]);
    const tasks = await lockTasks(connection, organizationId, [taskId, ...dependsOn]);
    const before = tasks.get(taskId)?.dependsOn;
    if (!before) return null;
    const added = dependsOn.filter((id) => !before.includes(id));
    // A dependency that stays may have been deleted since.
    const unknown = added.find((id) => !tasks.has(id));
    if (unknown !== undefined) throw unknownDependency(unknown);
    const cycle = added.length > 0 && (await findCycle(connection, organizationId, taskId, added));
    if (cycle) throw dependencyCycle(cycle);
    const result = await change(
      connection,
      dependsOn.filter((id) => tasks.get(id)?.isOpen),
    );
    if (result?.changed) await writeEdges(connection, wanted, before);
    return result;
  };
  return await dependencyTurns.take(organizationId, () => pool.transaction(run));
}

interface LockedTask {
  id: string;
  isOpen: boolean;
  dependsOn: string[];
}

async function lockTasks(connection: Connection, organizationId: string, ids: readonly string[]): Promise<Map<string, LockedTask>> {
  const { rows } = await connection.query<LockedTask>({ name: 'lock-tasks', text: lockTasksSql, values: [organizationId, ids] });
  return new Map(rows.map((row) => [row.id, row]));
}

const lockTasksSql = `
SELECT id, completed_at IS NULL AND archived_at IS NULL AS "isOpen", depends_on AS "dependsOn" FROM tasks
WHERE organization_id = $1 AND id = ANY ($2::text[]) ORDER BY id FOR NO KEY UPDATE`;

/** Writes the rows of the new dependencies, and deletes the rows of the old ones. */
async function writeEdges(connection: Connection, { organizationId, taskId, dependsOn }: Dependencies, before: readonly string[]): Promise<void> {
  await connection.query({ name: 'write-edges', text: writeEdgesSql, values: [organizationId, taskId, dependsOn, before] });
}

const writeEdgesSql = `
WITH gone AS (
  DELETE FROM task_dependencies
  WHERE organization_id = $1 AND task_id = $2 AND depends_on_id = ANY ($4::text[]) AND depends_on_id <> ALL ($3::text[])
)
INSERT INTO task_dependencies (organization_id, depends_on_id, task_id)
SELECT $1, id, $2 FROM unnest($3::text[]) AS id WHERE id <> ALL ($4::text[])`;

/** A 400 for an id in `depends_on` that the organization has no task for. */
export const unknownDependency = (id: string): DispatcherError =>
  invalidField('depends_on', `there is no task "${id}"; create it first, or leave it out`);

/** A 409 for tasks that would wait for each other. */
export const dependencyCycle = (path: readonly string[]): DispatcherError =>
  new DispatcherError('dependency_cycle', `These tasks would wait for each other: ${path.join(', ')}.`, { path: path.join(',') });
