import type { ServiceImpl } from '@connectrpc/connect';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { type IdempotencyKeys, identityOf, type KeptEvent, type RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { unavailable } from '@dispatcher/kit/serving/errors.ts';
import {
  type ClaimedTask,
  type ClaimNextTaskRequest,
  ClaimNextTaskRequestSchema,
  type ClaimService,
} from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { claimedTask, claimedTaskOf } from '../claimed-task.ts';
import { claimerOf } from '../claimer.ts';
import type { ClaimDependencies } from '../dependencies.ts';
import { type ClaimFilter, filtersOf } from '../sql/claim-next-task.ts';
import { keepClaim } from '../sql/keep-claim.ts';
import { matchingOrganizations } from '../sql/matching-organizations.ts';
import { returnClaim } from '../sql/return-claim.ts';

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
    if (context.signal.aborted) await takeBack(pool, identity, data);
    return { data };
  };
}

/**
 * A repeat under an idempotency key shows that the caller has received the claim, so from now on nobody takes it back.
 * When it was taken back just before, the key is free, and the next repeat makes a new claim.
 */
async function claimHeardOf(pool: Pool, keys: IdempotencyKeys, identity: RequestIdentity, kept: KeptEvent): Promise<ClaimedTask> {
  const isLive = await keepClaim(pool, kept.organizationId, kept.taskId, kept.claimToken);
  if (!isLive && !(await keys.isUsed(identity))) throw unavailable('The claim was just taken back. Send the request again.');
  return await claimedTaskOf(pool, kept);
}

/** The caller left while the claim was made and will not receive the answer, so the claim is taken back. */
async function takeBack(pool: Pool, identity: RequestIdentity, { claim }: ClaimedTask): Promise<never> {
  const { organizationId = '', taskId = '', claimToken = '' } = claim ?? {};
  await returnClaim(pool, identity, { organizationId, taskId, claimToken });
  throw unavailable('The caller left, so the claim was taken back.');
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

function filterOf({ organizationId, owner, project, layer, milestone, stage = 'build' }: ClaimNextTaskRequest): ClaimFilter {
  return { organizationId, owner, project, layer, milestone, stage };
}
