import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { IdempotencyKeys, KeptEvent, RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { unavailable } from '@dispatcher/kit/serving/errors.ts';
import type { ClaimedTask, ClaimNextTaskRequest, ClaimNextTasksRequest } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { claimedTaskOf } from './claimed-task.ts';
import type { ClaimFilter } from './sql/claim-next/claim-next-task.ts';
import { keepClaim } from './sql/keep-claim.ts';
import { returnClaim } from './sql/return-claim.ts';

/** The tasks that a caller of claim-next accepts. */
export function filterOf({
  organizationId,
  owner,
  project,
  layer,
  milestone,
  stage = 'build',
}: ClaimNextTaskRequest | ClaimNextTasksRequest): ClaimFilter {
  return { organizationId, owner, project, layer, milestone, stage };
}

/**
 * A repeat under an idempotency key shows that the caller has received the claim, so from now on nobody takes it back.
 * When it was taken back just before, the key is free, and the next repeat makes a new claim.
 */
export async function claimHeardOf(pool: Pool, keys: IdempotencyKeys, identity: RequestIdentity, kept: KeptEvent): Promise<ClaimedTask> {
  const isLive = await keepClaim(pool, kept.organizationId, kept.taskId, kept.claimToken);
  if (!isLive && !(await keys.isUsed(identity))) throw unavailable('The claim was just taken back. Send the request again.');
  return await claimedTaskOf(pool, kept);
}

/**
 * The caller left while the claims were made and will not receive the answer, so they are taken back. The first claim
 * has the idempotency key and is the last to go: until then, a repeat gets the claims that are left.
 */
export async function takeBack(pool: Pool, identity: RequestIdentity, claimed: readonly ClaimedTask[]): Promise<never> {
  for (const { claim } of claimed.toReversed()) {
    const { organizationId = '', taskId = '', claimToken = '' } = claim ?? {};
    await returnClaim(pool, identity, { organizationId, taskId, claimToken });
  }
  throw unavailable('The caller left, so what was claimed was taken back.');
}
