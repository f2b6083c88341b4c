import type { ServiceImpl } from '@connectrpc/connect';
import { identityOf } from '@dispatcher/database/events/idempotency.ts';
import { concurrencyLimit, keyHolder } from '@dispatcher/database/tasks/concurrency-key.ts';
import { organizationOfTask } from '@dispatcher/database/tasks/organization-of-task.ts';
import { type DispatcherError, unavailable } from '@dispatcher/kit/serving/errors.ts';
import { type ClaimService, ClaimTaskRequestSchema } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { claimedTask, claimedTaskOf } from '../claimed-task.ts';
import { claimerOf } from '../claimer.ts';
import type { ClaimDependencies } from '../dependencies.ts';
import { blocked, refusalToClaimer } from '../refusal.ts';
import { type ClaimStanding, claimStanding } from '../sql/claim-standing.ts';
import { claimTask as claim } from '../sql/claim-task.ts';
import { expireClaims } from '../sql/queue/expire-claims.ts';
import { unblockDependents } from '../sql/queue/unblock-dependents.ts';

/** How often a claim is tried when it loses a race and the task is then free again. */
const attempts = 3;

/** Claims one task by its id. */
export function claimTask(dependencies: ClaimDependencies): ServiceImpl<typeof ClaimService>['claimTask'] {
  const { pool, idempotencyKeys } = dependencies.database;
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
        dependencies.published();
        return { data };
      }
      const standing = await claimStanding(pool, organizationId, request.taskId, null, null);
      const refusal = refusalToClaimer(standing) ?? (standing && (await refusalByOthers(dependencies, standing)));
      if (refusal) throw refusal;
    }
    throw unavailable('Other callers keep claiming and releasing this task. Try again.');
  };
}

/** The other tasks that block this claim. Null when nothing blocks it any more. */
async function refusalByOthers({ database: { pool }, maxAttempts }: ClaimDependencies, standing: ClaimStanding): Promise<DispatcherError | null> {
  const { organizationId, blockedBy, concurrencyKey } = standing;
  if (blockedBy.length > 0) {
    const unblocked = await unblockDependents(pool, organizationId, blockedBy);
    return unblocked.length > 0 ? null : blocked(blockedBy);
  }
  const holder = concurrencyKey == null ? null : await keyHolder(pool, organizationId, concurrencyKey);
  if (concurrencyKey == null || !holder || holder.id === standing.id) return null;
  if (holder.isLive) return concurrencyLimit(concurrencyKey, holder);
  await expireClaims(pool, maxAttempts);
  return null;
}
