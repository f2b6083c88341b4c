import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { askedForSeveral, isFirstRequest, logEvents } from '@dispatcher/database/events/event-log.ts';
import type { RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { pageMaxBytes, taskBytes } from '@dispatcher/database/tasks/task-bytes.ts';
import { taskColumns } from '@dispatcher/database/tasks/task-columns.ts';
import { beginClaim } from '../begin-claim.ts';
import { type ClaimFilter, type FilterName, filtersOf, inAnyQueue, matches, othersTurn, rowsOf, turn } from './claim-next-task.ts';

/** The claimer, and the length of the leases. There is one token for each task that may be claimed. */
export interface SeveralClaimer {
  agent: string;
  claimTokens: readonly string[];
  leaseSeconds: number;
}

/**
 * Does what `claimNextTask` does for as many tasks as there are tokens, for one request in one statement. The tasks are
 * those that the same number of calls would get, in the same order. Of tasks with the same concurrency key only the
 * first is claimed. It stops when their texts reach the size limit of a page. Empty when no task matches, or when the
 * request is a repeat.
 */
export async function claimSeveral(
  pool: Pool,
  identity: RequestIdentity,
  filter: ClaimFilter,
  claimer: SeveralClaimer,
): Promise<TaskRow[] | typeof othersTurn> {
  const rows = await rowsOf(pool, statementFor(identity, filter, claimer));
  if (rows.some((row) => row.id === null && !row.isOwnTurn)) return othersTurn;
  return rows.filter((row) => row.id !== null);
}

function statementFor(identity: RequestIdentity, filter: ClaimFilter, { agent, claimTokens, leaseSeconds }: SeveralClaimer) {
  const names = filtersOf(filter);
  const { organizationId, stage } = filter;
  const keyed = identity[1] !== null;
  const values = [...identity, agent, claimTokens, leaseSeconds, stage, claimTokens.length];
  if (organizationId === undefined) return { name: `claim-several ${keyed} anywhere`, text: anywhereSql(keyed), values };
  return {
    name: `claim-several ${keyed} by ${names.join(' ')}`,
    text: inOrganizationSql(names, keyed),
    values: [...values, organizationId, ...names.map((name) => filter[name])],
  };
}

/** Reads `tasks_ready_anywhere`. */
const anywhereSql = (keyed: boolean): string => statement(inAnyQueue('$7'), keyed);

/** Reads the index of the first filter, or `tasks_ready`. Exported for the test of its plan. */
export const inOrganizationSql = (names: readonly FilterName[], keyed: boolean): string =>
  statement(
    matches(names, '$9', '$7', (name) => `$${10 + names.indexOf(name)}`),
    keyed,
  );

/** PostgreSQL cannot count or sum locked rows in the same step, so the statement does that in a second step. */
function statement(condition: string, keyed: boolean): string {
  return `
WITH ${keyed ? `${turn},` : ''}
next AS MATERIALIZED (
  SELECT organization_id, id, rank, created_at, concurrency_key, ${taskBytes('tasks')} AS bytes FROM tasks
  WHERE ${condition} ${keyed ? `AND (SELECT own FROM turn) AND ${isFirstRequest}` : ''}
  ORDER BY rank DESC, created_at, id
  LIMIT $8::bigint FOR UPDATE SKIP LOCKED
),
fitting AS (
  SELECT organization_id, id, place FROM (
    SELECT organization_id, id, row_number() OVER best AS place, sum(bytes) OVER best - bytes AS bytes_before
    FROM (
      SELECT *, concurrency_key IS NULL OR row_number() OVER (PARTITION BY organization_id, concurrency_key ORDER BY rank DESC, created_at, id) = 1
        AS is_first_of_key FROM next
    ) AS t
    WHERE is_first_of_key WINDOW best AS (ORDER BY rank DESC, created_at, id, organization_id ROWS UNBOUNDED PRECEDING)
  ) AS placed WHERE bytes_before <= ${pageMaxBytes}
),
claimed AS (
  UPDATE tasks t SET ${beginClaim('$4', '($5::text[])[fitting.place]', '$6')}
  FROM fitting WHERE t.organization_id = fitting.organization_id AND t.id = fitting.id
  RETURNING t.*, fitting.place
),
${logEvents(
  `SELECT *, 'task.claimed' AS type, agent AS actor, 'pending' AS status_before, owner AS owner_before, layer AS layer_before,
    claim_token AS event_token FROM claimed ORDER BY place`,
  undefined,
  'attempts',
  askedForSeveral,
)}
SELECT ${taskColumns('claimed')}${keyed ? ', turn.own AS "isOwnTurn" FROM turn LEFT JOIN claimed ON true' : ' FROM claimed'} ORDER BY place`;
}
