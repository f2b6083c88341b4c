import type { ServiceImpl } from '@connectrpc/connect';
import type { ClaimService, HeartbeatItem } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import type { ClaimDependencies } from '../dependencies.ts';
import { eachItem, untilTooLate } from '../each-item.ts';
import { renewClaim } from './heartbeat-task.ts';

/** Renews several live claims. Each claim has its own result. */
export function heartbeatTasks(dependencies: ClaimDependencies): ServiceImpl<typeof ClaimService>['heartbeatTasks'] {
  return async ({ claims, organizationId }, context) => {
    const renew = untilTooLate((item: HeartbeatItem) =>
      renewClaim(dependencies, { ...item, organizationId: item.organizationId ?? organizationId }, context),
    );
    const results = await eachItem(claims, renew);
    return { data: results.map(({ item: { taskId }, value: claim, error }) => ({ taskId, claim, error })) };
  };
}
