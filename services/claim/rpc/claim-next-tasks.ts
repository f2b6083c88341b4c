import type { ServiceImpl } from '@connectrpc/connect';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { identityOf, type KeptEvents, type RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { type ClaimedTask, ClaimNextTasksRequestSchema, type ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { claimedTask } from '../claimed-task.ts';
import { severalClaimerOf } from '../claimer.ts';
import type { ClaimDependencies } from '../dependencies.ts';
import { claimHeardOf, filterOf, takeBack } from '../granted-claims.ts';
import { inTurn } from '../in-turn.ts';
import { type ClaimFilter, filtersOf } from '../sql/claim-next/claim-next-task.ts';
import { claimSeveral, type SeveralClaimer } from '../sql/claim-next/claim-several.ts';
import { matchingOrganizations } from '../sql/claim-next/matching-organizations.ts';

/** Claims the best matching tasks. Waits for the first one as long as the caller asked. */
export function claimNextTasks(dependencies: ClaimDependencies): ServiceImpl<typeof ClaimService>['claimNextTasks'] {
  const { database, published, waiting } = dependencies;
  const { pool, idempotencyKeys } = database;
  return async (request, context) => {
    const identity = identityOf(ClaimNextTasksRequestSchema, request, context);
    const filter = filterOf(request);
    const take = async () => {
      const claimed = await idempotencyKeys.onceForSeveral(
        identity,
        async () => someOrNull((await claimFirst(pool, identity, filter, severalClaimerOf(request))).map(claimedTask)),
        (kept) => claimsHeardOf(dependencies, identity, kept),
      );
      return claimed && { claimed, task: claimed[0]?.task };
    };
    const found = await waiting.untilFound(filter, request.waitSeconds ?? 0, context.signal, take);
    if (!found) return {};
    published();
    if (context.signal.aborted) await takeBack(pool, identity, found.claimed);
    return { data: found.claimed };
  };
}

const someOrNull = <T>(items: T[]): T[] | null => (items.length === 0 ? null : items);

async function claimsHeardOf({ database }: ClaimDependencies, identity: RequestIdentity, kept: KeptEvents): Promise<ClaimedTask[]> {
  const claimed: ClaimedTask[] = [];
  for (const event of kept) claimed.push(await claimHeardOf(database.pool, database.idempotencyKeys, identity, event));
  return claimed;
}

/** An admin who filters without an organization gets the tasks of one organization: the first that has a match. */
async function claimFirst(pool: Pool, identity: RequestIdentity, filter: ClaimFilter, claimer: SeveralClaimer): Promise<TaskRow[]> {
  const claim = (narrowed: ClaimFilter) => inTurn(() => claimSeveral(pool, identity, narrowed, claimer));
  if (filter.organizationId !== undefined || filtersOf(filter).length === 0) return await claim(filter);
  for (const organizationId of await matchingOrganizations(pool, filter)) {
    const rows = await claim({ ...filter, organizationId });
    if (rows.length > 0) return rows;
  }
  return [];
}
