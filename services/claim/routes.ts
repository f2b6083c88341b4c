import type { Routes } from '@dispatcher/kit/serving/routes.ts';
import { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import type { ClaimDependencies } from './dependencies.ts';
import { archiveTask } from './rpc/archive-task.ts';
import { claimNextTask } from './rpc/claim-next-task.ts';
import { claimNextTasks } from './rpc/claim-next-tasks.ts';
import { claimTask } from './rpc/claim-task.ts';
import { completeTask } from './rpc/complete-task.ts';
import { completeTasks } from './rpc/complete-tasks.ts';
import { heartbeatTask } from './rpc/heartbeat-task.ts';
import { heartbeatTasks } from './rpc/heartbeat-tasks.ts';
import { listClaims } from './rpc/list-claims.ts';
import { releaseTask } from './rpc/release-task.ts';
import { returnClaim } from './rpc/return-claim.ts';

/** The methods of the claim service. */
export const claimRoutes =
  (dependencies: ClaimDependencies): Routes =>
  (router) =>
    router.service(ClaimService, {
      claimNextTask: claimNextTask(dependencies),
      claimNextTasks: claimNextTasks(dependencies),
      claimTask: claimTask(dependencies),
      heartbeatTask: heartbeatTask(dependencies),
      heartbeatTasks: heartbeatTasks(dependencies),
      completeTask: completeTask(dependencies),
      completeTasks: completeTasks(dependencies),
      releaseTask: releaseTask(dependencies),
      returnClaim: returnClaim(dependencies),
      archiveTask: archiveTask(dependencies),
      listClaims: listClaims(dependencies),
    });
