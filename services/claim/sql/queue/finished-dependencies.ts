import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { sweepSize } from './expire-claims.ts';

/** Ended tasks of an organization that may still block other tasks. */
export interface FinishedDependencies {
  organizationId: string;
  ids: string[];
}

/**
 * Reads some of the entries that the relay wrote. It writes one when it numbers the end of a task that still blocked
 * another.
 */
export async function finishedDependencies(pool: Pool): Promise<FinishedDependencies[]> {
  const { rows } = await pool.query<FinishedDependencies>({ name: 'finished-dependencies', text: sql, values: [sweepSize] });
  return rows;
}

const sql = `
SELECT organization_id AS "organizationId", array_agg(task_id) AS ids
FROM (SELECT organization_id, task_id FROM finished_dependencies LIMIT $1) AS found GROUP BY organization_id`;

/** Deletes entries after their dependents have been unblocked. */
export async function forgetFinishedDependencies(pool: Pool, organizationId: string, ids: readonly string[]): Promise<void> {
  await pool.query({ name: 'forget-finished-dependencies', text: forgetSql, values: [organizationId, ids] });
}

const forgetSql = 'DELETE FROM finished_dependencies WHERE organization_id = $1 AND task_id = ANY ($2::text[])';
