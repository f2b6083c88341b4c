import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import { organizationOfTask } from '@dispatcher/database/tasks/organization-of-task.ts';
import { claimFromRow } from '@dispatcher/database/tasks/task-message.ts';
import type { ClaimService, HeartbeatItem, HeartbeatTaskRequest } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import type { Claim } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { ClaimDependencies } from '../dependencies.ts';
import { refusalToHolder } from '../refusal.ts';
import { claimStanding } from '../sql/claim-standing.ts';

/** Renews a live claim: its full length begins again now. */
export function heartbeatTask(dependencies: ClaimDependencies): ServiceImpl<typeof ClaimService>['heartbeatTask'] {
  return async (request, context) => ({ data: await renewClaim(dependencies, request, context) });
}

/** Renews one claim, alone or as one of several. */
export async function renewClaim(
  { database: { pool }, statements }: ClaimDependencies,
  request: HeartbeatTaskRequest | HeartbeatItem,
  context: HandlerContext,
): Promise<Claim> {
  const { taskId, agent = null, claimToken = null } = request;
  const organizationId = await organizationOfTask(pool, request);
  const row = await statements.heartbeat.run({ organizationId, taskId, claimToken, agent }, context.signal);
  if (!row) throw refusalToHolder(await claimStanding(pool, organizationId, taskId, claimToken, agent));
  return claimFromRow(row);
}
