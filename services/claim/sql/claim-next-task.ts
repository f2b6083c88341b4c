import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { logEvents } from '@dispatcher/database/event-log.ts';
import type { RequestIdentity } from '@dispatcher/database/idempotency.ts';
import { taskColumns } from '@dispatcher/database/task-columns.ts';
import type { Pool } from 'pg';
import { beginClaim } from './begin-claim.ts';

/** Which tasks a caller of claim-next takes. */
export interface ClaimFilter {
  stage: string;
  organizationId?: string | undefined;
  milestone?: string | undefined;
  owner?: string | undefined;
  project?: string | undefined;
  layer?: string | undefined;
}

/** Who claims, and for how long. */
export interface Claimer {
  agent: string;
  claimToken: string;
  leaseSeconds: number;
}

/**
 * Claims the first matching task in the order and writes its event: one statement, one commit. SKIP LOCKED lets simultaneous callers each take
 * another task. Which index is walked depends on the filter alone, see `condition`; there is no sort, and no row is read that is not claimed,
 * but where two filters are combined.
 */
export async function claimNextTask(pool: Pool, identity: RequestIdentity, filter: ClaimFilter, claimer: Claimer): Promise<TaskRow | null> {
  const names = filterNames.filter((name) => filter[name] !== undefined);
  const keyed = identity[1] !== null;
  const { rows } = await pool.query<TaskRow>({
    name: `claim-next-task ${keyed ? 'once' : ''} ${names.map((name) => name.slice(0, 2)).join(' ')}`,
    text: statement(names, keyed),
    values: [...identity, claimer.agent, claimer.claimToken, claimer.leaseSeconds, filter.stage, ...names.map((name) => filter[name])],
  });
  return rows[0] ?? null;
}

/** From the one that leaves the fewest tasks to the one that leaves the most. */
const filterNames = ['organizationId', 'milestone', 'owner', 'project', 'layer'] as const;

/** The statement for a caller who gives these filters. */
export function statement(names: readonly (typeof filterNames)[number][], keyed: boolean): string {
  return `
WITH ${keyed ? `${repeatLock},` : ''}
next AS (
  SELECT organization_id, id FROM tasks
  WHERE ${condition(names)} ${keyed ? 'AND (SELECT count(*) FROM repeats) = 1' : ''}
  ORDER BY rank DESC, created_at, id
  LIMIT 1 FOR UPDATE SKIP LOCKED
),
claimed AS (
  UPDATE tasks t SET ${beginClaim('$4', '$5', '$6')}
  FROM next WHERE t.organization_id = next.organization_id AND t.id = next.id
  RETURNING t.*
),
${logEvents(`SELECT *, 'task.claimed' AS type, agent AS actor, 'pending' AS status_before, owner AS owner_before, layer AS layer_before,
    claim_token AS event_token FROM claimed`)}
SELECT ${taskColumns('claimed')} FROM claimed`;
}

/**
 * Two simultaneous requests with one idempotency key take turns, so that the later finds what the earlier did rather than nothing to do.
 * The other statements need no such lock: they meet on the task's row.
 */
const repeatLock = `repeats AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 0)))`;

/** The first filter names the index by the very expression that is indexed; the others are tested on the rows it gives. */
function condition(names: readonly (typeof filterNames)[number][]): string {
  const parameter = (name: (typeof filterNames)[number]) => `$${8 + names.indexOf(name)}`;
  if (!names.includes('organizationId')) {
    return [`(CASE WHEN ready THEN stage END) = $7`, ...names.map((name) => `${name} = ${parameter(name)}`)].join(' AND ');
  }
  const [first, ...rest] = names.filter((name) => name !== 'organizationId');
  return [
    `organization_id = ${parameter('organizationId')} AND stage = $7`,
    first ? `(CASE WHEN ready THEN ${first} END) = ${parameter(first)}` : 'ready',
    ...rest.map((name) => `${name} = ${parameter(name)}`),
  ].join(' AND ');
}
