import type { ServiceImpl } from '@connectrpc/connect';
import { identityOf } from '@dispatcher/database/events/idempotency.ts';
import { organizationOfTask } from '@dispatcher/database/tasks/organization-of-task.ts';
import { unavailable } from '@dispatcher/kit/serving/errors.ts';
import { type ClaimService, ClaimTaskRequestSchema } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { claimedTask, claimedTaskOf } from '../claimed-task.ts';
import { claimerOf } from '../claimer.ts';
import type { ClaimDependencies } from '../dependencies.ts';
import { refusalToClaimer } from '../refusal.ts';
import { claimStanding } from '../sql/claim-standing.ts';
import { claimTask as claim } from '../sql/claim-task.ts';

/** How often a claim is tried when it loses a race and the task is then free again. */
const attempts = 3;

/** Claims one task by its id. */
export function claimTask({ database: { pool, idempotencyKeys }, published }: ClaimDependencies): ServiceImpl<typeof ClaimService>['claimTask'] {
  return async (request, context) => {
    const identity = identityOf(ClaimTaskRequestSchema, request, context);
    const organizationId = await organizationOfTask(pool, request);
    for (let attempt = 0; attempt < attempts; attempt++) {
      const data = await idempotencyKeys.once(
        identity,
        async () => {
          const row = await claim(pool, identity, organizationId, request.taskId, claimerOf(request));
          return row && claimedTask(row);
        },
        (kept) => claimedTaskOf(pool, kept),
      );
      if (data) {
        published();
        return { data };
      }
      const refusal = refusalToClaimer(await claimStanding(pool, organizationId, request.taskId, null, null));
      if (refusal) throw refusal;
    }
    throw unavailable('Other callers keep claiming and releasing this task. Try again.');
  };
}
