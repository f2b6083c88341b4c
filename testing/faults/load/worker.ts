import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '../history.ts';
import type { Random } from '../random.ts';
import type { Caller } from './caller.ts';

/** State that the workers of a run share: the tasks they know of, and the claims that their holders abandoned. */
interface Board {
  readonly tasks: string[];
  readonly abandoned: HeldClaim[];
}

/** A claim that a worker holds. */
interface HeldClaim {
  readonly taskId: string;
  readonly agent: string;
  readonly token: string;
}

/** The dependencies of a worker. */
export interface WorkerOptions {
  readonly name: string;
  readonly caller: Caller;
  readonly random: Random;
  readonly board: Board;
  readonly signal: AbortSignal;
}

const remembered = 60;
const owners = ['ada', 'bill', 'cleo'] as const;
const layers = ['core', 'plugin', 'ops'] as const;
const reasons = ['completed', 'audit_failed', 'blocked', 'needs_human', 'timeout', 'reassigned', 'out_of_scope', 'not_started'] as const;

/** Does one step after another until the signal fires: creates, claims and works on, changes and archives tasks. */
export async function work(options: WorkerOptions): Promise<void> {
  const { random, signal } = options;
  while (!signal.aborted) {
    const choice = random.next();
    if (choice < 0.34) await create(options);
    else if (choice < 0.74) await workOn(options, await claimNext(options));
    else if (choice < 0.84) await workOn(options, await claimById(options));
    else if (choice < 0.94) await change(options);
    else if (choice < 0.97) await wakeTheDead(options);
    else if (choice < 0.98) await archive(options);
    else await finishForOthers(options);
    await sleep(random.integer(0, 30));
  }
}

async function create({ caller, random, board }: WorkerOptions): Promise<void> {
  const scores = { rev: random.integer(0, 10), effort: random.integer(1, 20) };
  const body = { title: 'A task of the fault run', owner: random.pick(owners), layer: random.pick(layers), ...scores };
  const named = random.chance(0.5) ? { id: randomUUID() } : {};
  const operation = await caller.perform({ kind: 'create', method: 'POST', path: '/tasks', taskId: named.id, body: { ...body, ...named } });
  if (operation.taskId) remember(board, operation.taskId);
}

function remember({ tasks }: Board, taskId: string): void {
  if (tasks.push(taskId) > remembered) tasks.shift();
}

/** Each claim has its own agent name, so the checks know that all requests of this agent are about this claim. */
const newAgent = (name: string) => `${name}-${randomUUID().slice(0, 8)}`;

async function claimNext({ name, caller, random }: WorkerOptions): Promise<Operation> {
  const agent = newAgent(name);
  const filter = random.chance(0.3) ? { owner: random.pick(owners) } : random.chance(0.1) ? { layer: random.pick(layers) } : {};
  const stage = random.chance(0.25) ? { stage: 'merge' } : {};
  const wait = random.chance(0.3) ? { wait_seconds: random.integer(1, 3) } : {};
  const body = { agent, lease_seconds: 30, ...filter, ...stage, ...wait };
  return await caller.perform({ kind: 'claim', method: 'POST', path: '/tasks/claim-next', agent, body });
}

async function claimById({ name, caller, random, board }: WorkerOptions): Promise<Operation | null> {
  const taskId = random.maybePick(board.tasks);
  if (!taskId) return null;
  const agent = newAgent(name);
  return await caller.perform({ kind: 'claim', method: 'POST', path: `/claim/${taskId}`, taskId, agent, body: { agent, lease_seconds: 30 } });
}

/** Sends some heartbeats, then a done, a release or nothing more. */
async function workOn(options: WorkerOptions, operation: Operation | null): Promise<void> {
  const { random, board } = options;
  if (!operation?.claim || !operation.taskId || !operation.agent) return;
  const claim = { taskId: operation.taskId, agent: operation.agent, token: operation.claim.token };
  remember(board, claim.taskId);
  for (let beats = random.integer(0, 2); beats > 0; beats--) {
    await sleep(random.integer(0, 150));
    await heartbeat(options, claim);
  }
  const choice = random.next();
  if (choice < 0.55) await finish(options, claim);
  else if (choice < 0.85) await release(options, claim);
  else board.abandoned.push(claim);
}

/** How a holder identifies itself: by token, or sometimes by name alone. */
const identityOf = ({ agent, token }: HeldClaim, random: Random) => (random.chance(0.8) ? { agent, claim_token: token } : { agent });

async function heartbeat({ caller, random }: WorkerOptions, claim: HeldClaim): Promise<Operation> {
  const body = identityOf(claim, random);
  return await caller.perform({ kind: 'heartbeat', method: 'POST', path: `/heartbeat/${claim.taskId}`, ...claim, body });
}

async function finish({ caller, random }: WorkerOptions, claim: HeldClaim): Promise<Operation> {
  const body = { ...identityOf(claim, random), notes: 'done' };
  return await caller.perform({ kind: 'done', method: 'POST', path: `/done/${claim.taskId}`, ...claim, body, once: random.chance(0.1) });
}

async function release({ caller, random }: WorkerOptions, claim: HeldClaim): Promise<Operation> {
  const later = random.chance(0.2) ? { retry_after_seconds: random.integer(1, 3) } : {};
  const body = { ...identityOf(claim, random), release_reason: random.pick(reasons), ...later };
  return await caller.perform({ kind: 'release', method: 'POST', path: `/release/${claim.taskId}`, ...claim, body });
}

async function change({ caller, random, board }: WorkerOptions): Promise<void> {
  const taskId = random.maybePick(board.tasks);
  if (!taskId) return;
  // The notes are new each time, so that the update always changes something.
  const body = { notes: randomUUID(), ...(random.chance(0.5) ? { held: false } : {}), ...(random.chance(0.3) ? { owner: random.pick(owners) } : {}) };
  await caller.perform({ kind: 'update', method: 'PATCH', path: `/tasks/${taskId}`, taskId, body });
}

async function archive({ caller, random, board }: WorkerOptions): Promise<void> {
  const taskId = random.maybePick(board.tasks);
  if (taskId) await caller.perform({ kind: 'archive', method: 'POST', path: `/tasks/${taskId}/archive`, taskId, body: {} });
}

/** A holder that was away comes back, often too late. */
async function wakeTheDead(options: WorkerOptions): Promise<void> {
  const { random, board } = options;
  const [claim] = board.abandoned.splice(random.integer(0, Math.max(0, board.abandoned.length - 1)), 1);
  if (!claim) return;
  await random.pick([heartbeat, finish, release])(options, claim);
}

/** A person marks a task as done without naming a holder. */
async function finishForOthers({ caller, random, board }: WorkerOptions): Promise<void> {
  const taskId = random.maybePick(board.tasks);
  if (taskId) await caller.perform({ kind: 'done', method: 'POST', path: `/done/${taskId}`, taskId, body: { notes: 'seen to it' } });
}
