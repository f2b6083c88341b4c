import type { ServiceImpl } from '@connectrpc/connect';
import { identityOf } from '@dispatcher/database/events/idempotency.ts';
import { type ClaimService, ReturnClaimRequestSchema } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import type { ClaimDependencies } from '../dependencies.ts';
import { holderOf } from '../holder.ts';
import { refusalToHolder } from '../refusal.ts';
import { claimStanding } from '../sql/claim-standing.ts';
import { returnClaim as returnUnheard } from '../sql/return-claim.ts';

/** Takes back a claim whose answer did not reach its caller. */
export function returnClaim({ database: { pool }, published }: ClaimDependencies): ServiceImpl<typeof ClaimService>['returnClaim'] {
  return async (request, context) => {
    const { claimToken } = request;
    const { organizationId, taskId } = await holderOf(pool, request, context);
    const isReturned = await returnUnheard(pool, identityOf(ReturnClaimRequestSchema, request, context), { organizationId, taskId, claimToken });
    if (!isReturned) throw refusalToHolder(await claimStanding(pool, organizationId, taskId, claimToken, null));
    published();
    return {};
  };
}
