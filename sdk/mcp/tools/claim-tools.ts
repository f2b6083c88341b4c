import { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import type { ClaimNextInput, ClaimsParams, CompleteInput, HeartbeatInput, HeldClaim, ReleaseInput } from '@recursiv/sdk';
import { fittingPage } from './fitting-page.ts';
import { taskInList } from './task-in-list.ts';
import { type Answer, defineTool, type Tool } from './tool.ts';

type OfTask<T> = T & { task_id: string };

const { method } = ClaimService;

const claimNext = defineTool<ClaimNextInput>({
  name: 'claim_next_task',
  title: 'Claim the next task',
  description: [
    'Claims the best available task, so that no other agent works on it. The claim is kept alive while you work.',
    'End it with complete_task or release_task. Answers null when there is nothing to do.',
  ].join(' '),
  method: method.claimNextTask,
  hints: {},
  call: async ({ claims, signal }, given) => claimed(await claims.hold(given, signal)),
});

const claim = defineTool<OfTask<{ agent: string }>>({
  name: 'claim_task',
  title: 'Claim one task',
  description: [
    'Claims one task by its id, also a held one. The claim is kept alive while you work.',
    'End it with complete_task or release_task. Fails when another agent holds the task, when it waits for other tasks, or when it is done.',
  ].join(' '),
  method: method.claimTask,
  hints: {},
  call: async ({ claims, signal }, { task_id, agent }) => claimed(await claims.hold({ id: task_id, agent }, signal)),
});

const heartbeat = defineTool<OfTask<HeartbeatInput>>({
  name: 'heartbeat_task',
  title: 'Renew a claim',
  description: [
    'Renews the claim on a task. The server renews the claims that it made by itself.',
    'Use this for a claim made elsewhere, or to learn whether a claim is still valid.',
  ].join(' '),
  method: method.heartbeatTask,
  hints: { idempotent: true },
  async call({ dispatcher, signal }, { task_id, ...given }) {
    const { data } = await dispatcher.heartbeat(task_id, given, { signal });
    return { nextStep: 'The claim is valid. Go on with the task.', data };
  },
});

const complete = defineTool<OfTask<CompleteInput>>({
  name: 'complete_task',
  title: 'Complete a task',
  description: 'Ends your claim with the task done. Say in notes what was done; give pull requests and commits when there are any.',
  method: method.completeTask,
  hints: { destructive: true, idempotent: true },
  async call({ dispatcher, claims, signal }, { task_id, ...given }) {
    const mine = claims.find(task_id, given.agent);
    const { data } = await (mine ? mine.complete(given, { signal }) : dispatcher.complete(task_id, given, { signal }));
    if (mine) claims.forget(mine);
    return { nextStep: 'The task is done. Take another with claim_next_task.', data: taskInList(data) };
  },
});

const release = defineTool<OfTask<ReleaseInput>>({
  name: 'release_task',
  title: 'Release a task',
  description: [
    'Ends your claim without finishing, so that the task can be claimed again. Say why in release_reason:',
    'blocked and needs_human hold it until a person takes it up, completed means built but not merged yet.',
    'Say in context_handoff what the next claimer should know.',
  ].join(' '),
  method: method.releaseTask,
  hints: { destructive: true },
  async call({ dispatcher, claims, signal }, { task_id, ...given }) {
    const mine = claims.find(task_id, given.agent);
    const { data } = await (mine ? mine.release(given, { signal }) : dispatcher.release(task_id, given, { signal }));
    if (mine) claims.forget(mine);
    const where = data.held ? 'The task is held until a person takes it up.' : 'The task is back in the queue.';
    return { nextStep: `${where} Stop working on it. Take another with claim_next_task.`, data: taskInList(data) };
  },
});

const listClaims = defineTool<ClaimsParams>({
  name: 'list_active_claims',
  title: 'List the live claims',
  description: 'Lists who works on what now, the oldest claim first.',
  method: method.listClaims,
  hints: { readOnly: true },
  call: ({ dispatcher, signal }, given) =>
    fittingPage(
      'live claims',
      given.limit,
      (limit) => dispatcher.claims({ ...given, limit }, { signal }),
      (one) => one,
    ),
});

/** The tools for claims. */
export const claimTools: readonly Tool[] = [claimNext, claim, heartbeat, complete, release, listClaims];

/** A task and its claim. The token stays in this process, so no transcript shows it. */
function claimed(mine: HeldClaim | null): Answer {
  if (mine === null) return { nextStep: 'No task is available. Ask again later, or with wait_seconds.', data: null };
  const { claim_token: _, ...rest } = mine.claim;
  const nextStep = 'You hold this task. Work on it now. The claim is kept alive for you: end it with complete_task or release_task.';
  return { nextStep, data: { task: { ...mine.task, claim: null }, claim: rest } };
}
