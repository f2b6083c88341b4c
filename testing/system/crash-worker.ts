import { randomUUID } from 'node:crypto';
import type { Claim, ClaimedTask } from '@recursiv/sdk';
import { createKeepAliveCaller } from './harness/keep-alive-caller.ts';

/** What a worker does again and again. */
export type Act = 'create' | 'claim' | 'heartbeat' | 'done' | 'release';

/** A request, with its answer when there was one. It can be sent again under its idempotency key. */
export interface SentRequest {
  readonly act: Act;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly idempotencyKey: string;
  /** For heartbeat, done and release: the claim that they name. */
  readonly claim?: Claim;
  /** The `data` of a 2xx answer; absent when no answer has come. */
  answer?: unknown;
}

/** All requests of the workers. The requests of each worker are in the order in which it sent them. */
export type History = SentRequest[];

/**
 * Creates, claims, heartbeats, finishes and releases tasks until `signal` fires or the connection breaks. Records each
 * request before it sends it.
 */
export async function work(options: {
  url: string;
  key: string;
  agent: string;
  history: History;
  random: () => number;
  signal: AbortSignal;
}): Promise<void> {
  using caller = createKeepAliveCaller(options.url, options.key);
  const send = async <T>(act: Act, path: string, body: Record<string, unknown>, claim?: Claim): Promise<T> => {
    const sent: SentRequest = { act, path, body, idempotencyKey: randomUUID(), ...(claim && { claim }) };
    options.history.push(sent);
    const { status, data } = await caller.post<T>(path, body, { 'idempotency-key': sent.idempotencyKey });
    if (status >= 300) throw new Error(`${act} was answered ${status}`);
    sent.answer = data;
    return data;
  };
  const step = async () => {
    await send('create', '/tasks', { id: randomUUID(), title: 'One', rev: Math.floor(options.random() * 10) });
    const claimed = await send<ClaimedTask | null>('claim', '/tasks/claim-next', { agent: options.agent });
    if (claimed === null) return;
    const { claim } = claimed;
    const { task_id: id, claim_token } = claim;
    const held = { agent: options.agent, claim_token };
    if (options.random() < 0.6) await send('heartbeat', `/heartbeat/${id}`, held, claim);
    const ending = options.random();
    if (ending < 0.5) await send('done', `/done/${id}`, { ...held, notes: claim_token }, claim);
    else if (ending < 0.8) await send('release', `/release/${id}`, { ...held, notes: claim_token, retry_after_seconds: 3600 }, claim);
  };
  while (!options.signal.aborted) await step();
}
