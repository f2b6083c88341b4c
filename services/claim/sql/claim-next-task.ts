import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { logEvents } from '@dispatcher/database/events/event-log.ts';
import type { RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { taskColumns } from '@dispatcher/database/tasks/task-columns.ts';
import { beginClaim } from './begin-claim.ts';

/** Which tasks a caller of claim-next takes. */
export interface ClaimFilter {
  stage: string;
  /** Where it is absent, those of all organizations. */
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
 * another task. Which index is walked depends on the filter alone; there is no sort, and no row is read that is not claimed, but where two filters are
 * combined. Over all organizations only the stage can be asked for; see `matchingOrganizations`.
 */
export async function claimNextTask(pool: Pool, identity: RequestIdentity, filter: ClaimFilter, claimer: Claimer): Promise<TaskRow | null> {
  const names = filtersOf(filter);
  const { organizationId, stage } = filter;
  const keyed = identity[1] !== null;
  const where = organizationId === undefined ? 'anywhere' : `by ${names.join(' ')}`;
  const { rows } = await pool.query<TaskRow>({
    name: `claim-next-task ${keyed ? 'once' : ''} ${where}`,
    text: organizationId === undefined ? anywhereSql(keyed) : inOrganizationSql(names, keyed),
    values: [
      ...identity,
      claimer.agent,
      claimer.claimToken,
      claimer.leaseSeconds,
      stage,
      ...(organizationId === undefined ? [] : [organizationId, ...names.map((name) => filter[name])]),
    ],
  });
  return rows[0] ?? null;
}

/** From the one that leaves the fewest tasks to the one that leaves the most. */
const filterNames = ['milestone', 'owner', 'project', 'layer'] as const;

/** What can be asked for beside organization and stage. */
export type FilterName = (typeof filterNames)[number];

/** Those that are asked for. */
export const filtersOf = (filter: ClaimFilter): FilterName[] => filterNames.filter((name) => filter[name] !== undefined);

/** Reads `tasks_ready_anywhere`. */
export const anywhereSql = (keyed: boolean): string => statement('(CASE WHEN ready THEN stage END) = $7', keyed);

/** Reads the index of the first filter, or `tasks_ready`. */
export const inOrganizationSql = (names: readonly FilterName[], keyed: boolean): string =>
  statement(
    matches(names, '$8', '$7', (name) => `$${9 + names.indexOf(name)}`),
    keyed,
  );

function statement(condition: string, keyed: boolean): string {
  return `
WITH ${keyed ? `${repeatLock},` : ''}
next AS (
  SELECT organization_id, id FROM tasks
  WHERE ${condition} ${keyed ? 'AND (SELECT count(*) FROM repeats) = 1' : ''}
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

/**
 * The condition for these filters in one organization. The first filter names the index by the very expression that is indexed; the others are tested on
 * the rows it gives, after one look at the index of each, since without a task of theirs all of those rows would be read in vain. `parameter` says where the
 * value of a filter stands in the statement.
 */
export function matches(names: readonly FilterName[], organization: string, stage: string, parameter: (name: FilterName) => string): string {
  const inQueue = `organization_id = ${organization} AND stage = ${stage}`;
  const has = (name: FilterName) => `(CASE WHEN ready THEN ${name} END) = ${parameter(name)}`;
  const [first, ...rest] = names;
  return [
    `${inQueue} AND ${first ? has(first) : 'ready'}`,
    ...rest.map((name) => `${name} = ${parameter(name)} AND (SELECT true FROM tasks WHERE ${inQueue} AND ${has(name)} LIMIT 1)`),
  ].join(' AND ');
}
