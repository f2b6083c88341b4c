import { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import type {
  Claim,
  ClaimedTask,
  ClaimNextInput,
  ClaimsParams,
  CompleteInput,
  HeartbeatInput,
  HeldClaim,
  Page,
  ReleaseInput,
  Task,
} from '@recursiv/sdk';
import { dataText } from './data-text.ts';
import { defineTool, type Tool } from './tool.ts';

type OfTask<T> = T & { task_id: string };

const { method } = ClaimService;
const held = 'You hold this task. The claim is kept alive for you: end it with complete_task or release_task.';

const claimNext = defineTool<ClaimNextInput, { data: ClaimedTask | null }>({
  name: 'claim_next_task',
  title: 'Claim the next task',
  description:
    'Claims the best task that is available, so that no other agent works on it. The claim is kept alive while you work; end it with complete_task or release_task. Answers null when there is nothing to do.',
  method: method.claimNextTask,
  hints: {},
  call: async ({ claims, signal }, given) => answerOf(await claims.hold(given, signal)),
  text: ({ data }) => (data === null ? 'No task is available. Ask again later, or with wait_seconds.' : dataText(held, data)),
});

const claim = defineTool<OfTask<{ agent: string }>, { data: ClaimedTask | null }>({
  name: 'claim_task',
  title: 'Claim one task',
  description:
    'Claims one task by its id, held ones included. The claim is kept alive while you work; end it with complete_task or release_task. Fails when another agent holds the task or it is done.',
  method: method.claimTask,
  hints: {},
  call: async ({ claims, signal }, { task_id, agent }) => answerOf(await claims.hold({ id: task_id, agent }, signal)),
  text: ({ data }) => dataText(held, data),
});

const heartbeat = defineTool<OfTask<HeartbeatInput>, { data: Claim }>({
  name: 'heartbeat_task',
  title: 'Renew a claim',
  description:
    'Renews the claim on a task. Claims made through this server are renewed by themselves; this is for a claim made elsewhere, or to learn whether it still stands.',
  method: method.heartbeatTask,
  hints: { idempotent: true },
  call: ({ dispatcher, signal }, { task_id, ...given }) => dispatcher.heartbeat(task_id, given, { signal }),
  text: ({ data }) => dataText('The claim stands.', data),
});

const complete = defineTool<OfTask<CompleteInput>, { data: Task }>({
  name: 'complete_task',
  title: 'Complete a task',
  description: 'Ends your claim with the task done. Say in notes what was done; give pull requests and commits when there are any.',
  method: method.completeTask,
  hints: { destructive: true, idempotent: true },
  async call({ dispatcher, claims, signal }, { task_id, ...given }) {
    const mine = claims.find(task_id, given.agent);
    const answer = await (mine ? mine.complete(given, { signal }) : dispatcher.complete(task_id, given, { signal }));
    if (mine) claims.forget(mine);
    return answer;
  },
  text: ({ data }) => dataText('The task is done.', shortTask(data)),
});

const release = defineTool<OfTask<ReleaseInput>, { data: Task }>({
  name: 'release_task',
  title: 'Release a task',
  description:
    'Ends your claim without finishing, so that the task can be taken again. Say why in release_reason: blocked and needs_human hold it until a person takes it up, completed means built but not merged. Leave in context_handoff what the next holder should know.',
  method: method.releaseTask,
  hints: { destructive: true },
  async call({ dispatcher, claims, signal }, { task_id, ...given }) {
    const mine = claims.find(task_id, given.agent);
    const answer = await (mine ? mine.release(given, { signal }) : dispatcher.release(task_id, given, { signal }));
    if (mine) claims.forget(mine);
    return answer;
  },
  text: ({ data }) => dataText('The task is back in the queue.', shortTask(data)),
});

const listClaims = defineTool<ClaimsParams, { data: Claim[]; meta: Page }>({
  name: 'list_active_claims',
  title: 'List the live claims',
  description: 'Lists who works on what at this moment, the oldest claim first.',
  method: method.listClaims,
  hints: { readOnly: true },
  call: ({ dispatcher, signal }, given) => dispatcher.claims(given, { signal }),
  text: ({ data, meta }) =>
    dataText(`${data.length} live claims${meta.has_more ? ', and more' : ''}.`, { claims: data, next_cursor: meta.next_cursor }),
});

/** The tools that say who works on a task. */
export const claimTools: readonly Tool[] = [claimNext, claim, heartbeat, complete, release, listClaims];

/** The claim without its token. */
function answerOf(mine: HeldClaim | null): { data: ClaimedTask | null } {
  if (mine === null) return { data: null };
  const { claim_token: _, ...rest } = mine.claim;
  return { data: { task: mine.task, claim: rest } };
}

function shortTask({ id, title, status, stage, held }: Task): object {
  return { id, title, status, stage, held };
}
