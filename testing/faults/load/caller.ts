import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { History, Operation } from '../history.ts';
import type { Random } from '../random.ts';
import { type Sent, sendRequest } from './send-request.ts';

/** A request that a worker wants to send. */
interface Wish {
  readonly kind: Operation['kind'];
  readonly method: 'POST' | 'PATCH';
  readonly path: string;
  readonly body: Record<string, unknown>;
  readonly taskId?: string | undefined;
  readonly agent?: string;
  readonly token?: string;
  /** Sent without an Idempotency-Key, and so only once. */
  readonly once?: boolean;
}

/** Sends requests for one organization and records every result. */
export interface Caller {
  readonly organizationId: string;
  /** Sends the request with the same key until it gets a clear answer. Gives up after about 20 s. */
  perform(wish: Wish): Promise<Operation>;
}

/** The dependencies of a caller. */
export interface CallerOptions {
  readonly organizationId: string;
  readonly apiKey: string;
  /** The addresses of all nodes. Each attempt picks one of them at random. */
  readonly urls: readonly [string, ...string[]];
  readonly history: History;
  readonly random: Random;
}

const attemptsMax = 24;

/** Added to the time that the request itself asked to wait. */
const attemptTimeoutMs = 3_000;

/** Creates a caller. `random` decides which node it asks and which answers it loses. */
export function createCaller({ organizationId, apiKey, urls, history, random }: CallerOptions): Caller {
  const send = (wish: Wish, key: string | null, cut: boolean) =>
    sendRequest({
      url: random.pick(urls),
      method: wish.method,
      path: wish.path,
      apiKey,
      body: wish.body,
      idempotencyKey: key,
      timeoutMs: attemptTimeoutMs + Number(wish.body.wait_seconds ?? 0) * 1000,
      cutAfterMs: cut ? random.integer(0, 8) : null,
    });
  const perform = async (wish: Wish) => {
    const operation = started(wish, organizationId);
    history.operations.push(operation);
    for (let count = 0; count < (wish.once ? 1 : attemptsMax) && operation.outcome === 'unknown'; count++) {
      if (count > 0) await sleep(random.integer(20, 100) * Math.min(count, 10));
      record(operation, await send(wish, operation.key, !wish.once && random.chance(0.03)));
    }
    if (operation.outcome === 'succeeded' && operation.key && random.chance(0.03)) await ask(operation, () => send(wish, operation.key, false));
    return operation;
  };
  return { organizationId, perform };
}

function started({ kind, taskId, agent, token, body, once }: Wish, organizationId: string): Operation {
  return {
    kind,
    organizationId,
    taskId: taskId ?? null,
    agent: agent ?? null,
    token: token ?? null,
    key: once || kind === 'heartbeat' ? null : randomUUID(),
    leaseSeconds: kind === 'claim' ? Number(body.lease_seconds ?? 1800) : null,
    attempts: [],
    outcome: 'unknown',
    claim: null,
    repeat: null,
  };
}

function record(operation: Operation, { attempt, body }: Sent): void {
  operation.attempts.push(attempt);
  if (attempt.status === null || attempt.status === 429 || attempt.status >= 500) return;
  if (attempt.status >= 400) {
    operation.outcome = 'refused';
    return;
  }
  const answer = answerOf(operation, body);
  operation.outcome = answer ? 'succeeded' : 'nothing';
  operation.taskId ??= answer?.taskId ?? null;
  if (operation.kind === 'claim' && answer?.token) operation.claim = { token: answer.token, attempt: answer.attempt };
}

/** Sends the same request again after it succeeded. The answer must name the same task and claim. */
async function ask(operation: Operation, send: () => Promise<Sent>): Promise<void> {
  const { attempt, body } = await send();
  operation.attempts.push({ ...attempt, sentAt: attempt.sentAt });
  if (attempt.status === null || attempt.status >= 429) return;
  const answer = attempt.status < 300 ? answerOf(operation, body) : null;
  operation.repeat = { taskId: answer?.taskId ?? null, token: answer?.token ?? null };
}

function answerOf({ kind }: Operation, body: unknown): { taskId: string; token: string | null; attempt: number } | null {
  if (kind === 'claim') {
    const { data } = claimAnswer.parse(body);
    return data && { taskId: data.task.id, token: data.claim.claim_token, attempt: data.claim.attempt };
  }
  const { data } = kind === 'heartbeat' ? heartbeatAnswer.parse(body) : taskAnswer.parse(body);
  return { taskId: 'id' in data ? data.id : data.task_id, token: null, attempt: 0 };
}

const taskAnswer = z.object({ data: z.object({ id: z.string() }) });
const heartbeatAnswer = z.object({ data: z.object({ task_id: z.string() }) });
const claimAnswer = z.object({
  data: z.object({ task: z.object({ id: z.string() }), claim: z.object({ claim_token: z.string(), attempt: z.number() }) }).nullable(),
});
