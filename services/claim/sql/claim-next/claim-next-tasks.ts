import { inPlace, itemList, requestColumns, requestItems } from '@dispatcher/database/batching/asked-items.ts';
import type { BatchedStatement } from '@dispatcher/database/batching/batcher.ts';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { askedByRow, firstRequest, logEvents } from '@dispatcher/database/events/event-log.ts';
import type { RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { taskColumns } from '@dispatcher/database/tasks/task-columns.ts';
import { beginClaim } from '../begin-claim.ts';
import {
  type Claimer,
  type ClaimFilter,
  claimNextTask,
  type FilterName,
  filtersOf,
  inAnyQueue,
  isOwnTurn,
  matches,
  type othersTurn,
} from './claim-next-task.ts';

/** A request for the first matching task. */
export interface ClaimNextItem {
  readonly identity: RequestIdentity;
  readonly filter: ClaimFilter;
  readonly claimer: Claimer;
}

/**
 * Each item claims its first matching task. Requests whose filters set the same fields share a statement; see
 * `filterSet`.
 */
export const claimNextStatement = (pool: Pool): BatchedStatement<ClaimNextItem, TaskRow | typeof othersTurn> => ({
  organizationOf: ({ identity, filter }) => filter.organizationId ?? identity[0],
  one: ({ identity, filter, claimer }) => claimNextTask(pool, identity, filter, claimer),
  many: (items) => claimNextTasks(pool, items),
});

/**
 * The same for two filters that set the same fields. They are equal, or no task matches both. So the filters of one
 * statement never compete for a task: SKIP LOCKED does not skip the rows that the statement itself has locked.
 */
export const filterSet = (filter: ClaimFilter): string => `${filter.organizationId === undefined ? 'anywhere' : 'by'} ${filtersOf(filter).join(' ')}`;

/**
 * Does what `claimNextTask` does for items of one filter set, in one statement and one commit. Undefined for an item
 * that got no task. That does not mean that there is none: another request may hold it only for this moment.
 */
export async function claimNextTasks(pool: Pool, items: readonly ClaimNextItem[]): Promise<(TaskRow | undefined)[]> {
  const [first] = items;
  if (!first) return [];
  const list = itemList(items, ({ identity, filter: { organizationId, ...filter }, claimer }) => ({
    ...requestColumns(identity),
    organization_id: organizationId,
    ...filter,
    agent: claimer.agent,
    claim_token: claimer.claimToken,
    lease_seconds: claimer.leaseSeconds,
  }));
  const text = claimNextTasksSql(first.filter.organizationId === undefined ? null : filtersOf(first.filter));
  const { rows } = await pool.query<TaskRow & { place: number }>({ name: `claim-next-tasks ${filterSet(first.filter)}`, text, values: [list] });
  return inPlace(rows, items.length);
}

/** What the statement carries from an item to the task that it claims. */
const carried = ['place', 'agent', 'claim_token', 'lease_seconds', 'caller', 'idempotency_key', 'request_digest'];

/**
 * The statement for filters that set these fields, or with null for all organizations. Each group of equal filters
 * reads as many tasks as it has items, in one walk along the index that the statement for one item uses. The items are
 * in arrays, because a join of tasks and items by number would compare each task with each item. All arrays of a group
 * have the same order.
 */
export function claimNextTasksSql(names: readonly FilterName[] | null): string {
  const fields = [...(names ? ['organization_id', 'stage', ...names] : ['stage'])].join(', ');
  const condition = names ? matches(names, 'wanted.organization_id', 'wanted.stage', (name) => `wanted.${name}`) : inAnyQueue('wanted.stage');
  return `
WITH asked AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1::json) AS item(${requestItems}, stage text, milestone text, owner text, project text, layer text,
    agent text, claim_token text, lease_seconds integer)
  WHERE (idempotency_key IS NULL OR ${isOwnTurn('caller', 'idempotency_key')}) AND ${firstRequest('item.caller', 'item.idempotency_key')}
),
wanted AS MATERIALIZED (
  SELECT ${fields}, count(*) AS count, ${carried.map((column) => `array_agg(${column}) AS ${column}s`).join(', ')} FROM asked GROUP BY ${fields}
),
next AS MATERIALIZED (
  SELECT first.organization_id, first.id, first.concurrency_key, ${carried.map((column) => `wanted.${column}s[first.turn] AS ${column}`).join(', ')}
  FROM wanted CROSS JOIN LATERAL (
    SELECT organization_id, id, concurrency_key, row_number() OVER ()::integer AS turn FROM (
      SELECT organization_id, id, concurrency_key FROM tasks WHERE ${condition}
      ORDER BY rank DESC, created_at, id LIMIT wanted.count FOR UPDATE SKIP LOCKED
    ) AS t
  ) AS first
),
claimed AS (
  UPDATE tasks t SET ${beginClaim('next.agent', 'next.claim_token', 'next.lease_seconds')}
  FROM next WHERE t.organization_id = next.organization_id AND t.id = next.id AND ${firstOfKey}
  RETURNING t.*, next.place, next.caller, next.idempotency_key, next.request_digest
),
${logEvents(
  `SELECT *, 'task.claimed' AS type, agent AS actor, 'pending' AS status_before, owner AS owner_before, layer AS layer_before,
    claim_token AS event_token FROM claimed`,
  undefined,
  'attempts',
  askedByRow,
)}
SELECT ${taskColumns('claimed')}, claimed.place FROM claimed`;
}

/** Only one of several tasks with the same concurrency key is claimed. The items of the others get no task here. */
const firstOfKey = `(next.concurrency_key IS NULL OR (
    SELECT true FROM next other WHERE other.organization_id = next.organization_id AND other.concurrency_key = next.concurrency_key
      AND other.place < next.place LIMIT 1) IS NULL)`;
