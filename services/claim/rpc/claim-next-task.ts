import type { ServiceImpl } from '@connectrpc/connect';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { identityOf } from '@dispatcher/database/events/idempotency.ts';
import { ClaimNextTaskRequestSchema, type ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { claimedTask } from '../claimed-task.ts';
import { claimerOf } from '../claimer.ts';
import type { ClaimDependencies } from '../dependencies.ts';
import { claimHeardOf, filterOf, takeBack } from '../granted-claims.ts';
import { type ClaimFilter, filtersOf } from '../sql/claim-next/claim-next-task.ts';
import { matchingOrganizations } from '../sql/claim-next/matching-organizations.ts';

/** Claims the best matching task. Waits for one as long as the caller asked. */
export function claimNextTask({
  database: { pool, idempotencyKeys },
  statements,
  published,
  waiting,
}: ClaimDependencies): ServiceImpl<typeof ClaimService>['claimNextTask'] {
  return async (request, context) => {
    const identity = identityOf(ClaimNextTaskRequestSchema, request, context);
    const filter = filterOf(request);
    const take = () =>
      idempotencyKeys.once(
        identity,
        async () => {
          const claimNext = (narrowed: ClaimFilter) =>
            statements.claimNext.run({ identity, filter: narrowed, claimer: claimerOf(request) }, context.signal);
          const row = await claimFirst(pool, filter, claimNext);
          return row && claimedTask(row);
        },
        (kept) => claimHeardOf(pool, idempotencyKeys, identity, kept),
      );
    const data = await waiting.untilFound(filter, request.waitSeconds ?? 0, context.signal, take);
    if (!data) return {};
    published();
    if (context.signal.aborted) await takeBack(pool, identity, [data]);
    return { data };
  };
}

/**
 * For an admin who filters without an organization: tries the organizations that have a match, beginning with the one
 * that has the first task. The next one is tried only when another caller took the task.
 */
async function claimFirst(pool: Pool, filter: ClaimFilter, claimNext: (filter: ClaimFilter) => Promise<TaskRow | null>): Promise<TaskRow | null> {
  if (filter.organizationId !== undefined || filtersOf(filter).length === 0) return await claimNext(filter);
  for (const organizationId of await matchingOrganizations(pool, filter)) {
    const row = await claimNext({ ...filter, organizationId });
    if (row) return row;
  }
  return null;
}
