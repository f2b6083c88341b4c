import type { ServiceImpl } from '@connectrpc/connect';
import { identityOf, once } from '@dispatcher/database/idempotency.ts';
import { type ClaimNextTaskRequest, ClaimNextTaskRequestSchema, type ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { claimedTask, claimedTaskOf } from '../claimed-task.ts';
import { claimerOf } from '../claimer.ts';
import type { ClaimDependencies } from '../dependencies.ts';
import { type ClaimFilter, claimNextTask as claimNext } from '../sql/claim-next-task.ts';

/** Claims the best matching task, waiting for one as long as the caller asked. */
export function claimNextTask({ database: { pool }, published, waiting }: ClaimDependencies): ServiceImpl<typeof ClaimService>['claimNextTask'] {
  return async (request, context) => {
    const identity = identityOf(ClaimNextTaskRequestSchema, request, context);
    const filter = filterOf(request);
    const take = () =>
      once(
        pool,
        identity,
        async () => {
          const row = await claimNext(pool, identity, filter, claimerOf(request));
          return row && claimedTask(row);
        },
        (kept) => claimedTaskOf(pool, kept),
      );
    const data = await waiting.untilFound(filter, request.waitSeconds ?? 0, context.signal, take);
    if (!data) return {};
    published();
    return { data };
  };
}

function filterOf({ organizationId, owner, project, layer, milestone, stage = 'build' }: ClaimNextTaskRequest): ClaimFilter {
  return { organizationId, owner, project, layer, milestone, stage };
}
