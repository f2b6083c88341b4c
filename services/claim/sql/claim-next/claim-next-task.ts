import { violates } from '@dispatcher/database/connection/errors.ts';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { isFirstRequest, logEvents } from '@dispatcher/database/events/event-log.ts';
import type { RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { concurrencyIndex, keyIsFree } from '@dispatcher/database/tasks/concurrency-key.ts';
import { taskColumns } from '@dispatcher/database/tasks/task-columns.ts';
import { unavailable } from '@dispatcher/kit/serving/errors.ts';
import type { QueryConfig } from 'pg';
import { beginClaim } from '../begin-claim.ts';

/** The tasks that a caller of claim-next accepts. */
export interface ClaimFilter {
  stage: string;
  /** When absent, tasks of all organizations. */
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
 * Claims the first matching task in the order and writes its event, in one statement and one commit. With SKIP LOCKED
 * simultaneous callers take different tasks. The filter alone decides which index is read. There is no sort, and the
 * statement reads only the row that it claims, except when two filters are combined or concurrency keys are taken. Over
 * all organizations the only filter is the stage; see `matchingOrganizations`. Null when no task matches, or when the
 * request is a repeat.
 */
export async function claimNextTask(
  pool: Pool,
  identity: RequestIdentity,
  filter: ClaimFilter,
  claimer: Claimer,
): Promise<TaskRow | typeof othersTurn | null> {
  const [row] = await rowsOf(pool, statementFor(identity, filter, claimer));
  if (row?.id !== null) return row ?? null;
  return row.isOwnTurn ? null : othersTurn;
}

/** The answer while another process works on a request with the same idempotency key. Nothing was claimed. */
export const othersTurn = Symbol();

/** What the statement returns when it claimed nothing under an idempotency key. */
export interface NothingClaimed {
  id: null;
  isOwnTurn: boolean;
}

/**
 * The index refuses a task when another claim takes its concurrency key at the same moment. The next attempt skips that
 * task.
 */
export async function rowsOf(pool: Pool, statement: QueryConfig): Promise<(TaskRow | NothingClaimed)[]> {
  for (let attempt = 0; attempt < keyAttempts; attempt++) {
    try {
      return (await pool.query<TaskRow | NothingClaimed>(statement)).rows;
    } catch (thrown) {
      if (!violates(thrown, concurrencyIndex)) throw thrown;
    }
  }
  throw unavailable('Others claim tasks with the same concurrency_key all the time. Repeat the request in a moment.');
}

/** Each failed attempt means that another claim succeeded, so a few are enough. */
const keyAttempts = 20;

function statementFor(identity: RequestIdentity, filter: ClaimFilter, { agent, claimToken, leaseSeconds }: Claimer) {
  const names = filtersOf(filter);
  const { organizationId, stage } = filter;
  const keyed = identity[1] !== null;
  const claim = [...identity, agent, claimToken, leaseSeconds, stage];
  if (organizationId === undefined) return { name: `claim-next-task ${keyed} anywhere`, text: anywhereSql(keyed), values: claim };
  return {
    name: `claim-next-task ${keyed} by ${names.join(' ')}`,
    text: inOrganizationSql(names, keyed),
    values: [...claim, organizationId, ...names.map((name) => filter[name])],
  };
}

/** In order, from the filter that leaves the fewest tasks to the one that leaves the most. */
const filterNames = ['milestone', 'owner', 'project', 'layer'] as const;

/** The filters besides organization and stage. */
export type FilterName = (typeof filterNames)[number];

/** The filters that are set. */
export const filtersOf = (filter: ClaimFilter): FilterName[] => filterNames.filter((name) => filter[name] !== undefined);

/** Reads `tasks_ready_anywhere`. */
export const anywhereSql = (keyed: boolean): string => statement(inAnyQueue('$7'), keyed);

/** Reads the index of the first filter, or `tasks_ready`. */
export const inOrganizationSql = (names: readonly FilterName[], keyed: boolean): string =>
  statement(
    matches(names, '$8', '$7', (name) => `$${9 + names.indexOf(name)}`),
    keyed,
  );

function statement(condition: string, keyed: boolean): string {
  return `
WITH ${keyed ? `${turn},` : ''}
next AS (
  SELECT organization_id, id FROM tasks
  WHERE ${condition} ${keyed ? `AND (SELECT own FROM turn) AND ${isFirstRequest}` : ''}
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
SELECT ${taskColumns('claimed')}${keyed ? ', turn.own AS "isOwnTurn" FROM turn LEFT JOIN claimed ON true' : ' FROM claimed'}`;
}

/**
 * Two simultaneous requests with one idempotency key take turns. So the later one finds the claim of the earlier one,
 * and does not answer that there is no task. The statement only tries the lock, because a request that waits for a
 * lock uses up a connection. The other statements need no such lock: both requests lock the row of the same task.
 */
export const turn = `turn AS MATERIALIZED (SELECT ${isOwnTurn('$1', '$2')} AS own)`;

/** Takes the turn of an idempotency key, unless another request has it. */
export function isOwnTurn(caller: string, key: string): string {
  return `pg_try_advisory_xact_lock(hashtextextended(${caller} || ' ' || ${key}, 0))`;
}

/**
 * The condition for these filters in one organization. The first filter uses the indexed expression, so it chooses the
 * index. The other filters are tested on the rows of that index. Before that, one look at the index of each filter
 * makes sure that it has a task at all, because otherwise the statement would read all those rows for nothing.
 * `parameter` returns the placeholder for the value of a filter.
 */
export function matches(names: readonly FilterName[], organization: string, stage: string, parameter: (name: FilterName) => string): string {
  const inQueue = `organization_id = ${organization} AND stage = ${stage}`;
  const has = (name: FilterName) => `(CASE WHEN ready THEN ${name} END) = ${parameter(name)}`;
  const [first, ...rest] = names;
  return [
    `${inQueue} AND ${first ? has(first) : 'ready'}`,
    ...rest.map((name) => `${name} = ${parameter(name)} AND (SELECT true FROM tasks WHERE ${inQueue} AND ${has(name)} LIMIT 1)`),
    keyIsFree('tasks'),
  ].join(' AND ');
}

/** The condition for a stage in all organizations. It is the indexed expression. */
export const inAnyQueue = (stage: string): string => `(CASE WHEN ready THEN stage END) = ${stage} AND ${keyIsFree('tasks')}`;
