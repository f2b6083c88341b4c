import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { now } from '../clock.ts';
import type { Attempt } from '../history.ts';

/** A request to one of the nodes. */
export interface Sending {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly method: string;
  /** The path below `/api/v1/dispatcher`. */
  readonly path: string;
  readonly apiKey: string;
  readonly body?: object | undefined;
  readonly idempotencyKey?: string | null;
  readonly timeoutMs: number;
  /** The connection is cut this many milliseconds after the request was sent; null waits for the answer. */
  readonly cutAfterMs?: number | null;
}

/** The result of a request. */
export interface Sent {
  readonly attempt: Attempt;
  /** The JSON of the answer; undefined without an answer. */
  readonly body: unknown;
}

/**
 * The HTTP connections of the load. Their number has no limit, because each worker has at most one request in flight.
 */
const agent = new Agent({ keepAlive: true });

/** Sends a request once. Never rejects: a broken connection is an attempt without an answer. */
export async function sendRequest(sending: Sending): Promise<Sent> {
  const sentAt = now();
  const base = { sentAt, answeredAt: null, status: null, retryAfter: null, cut: sending.cutAfterMs != null, wrongDate: false };
  try {
    const { status, text, retryAfter, date } = await exchange(sending);
    const body: unknown = JSON.parse(text);
    const code = status < 400 ? null : (failure.safeParse(body).data?.error.code ?? 'not an error of the table');
    const answeredAt = now();
    return { attempt: { ...base, answeredAt, endedAt: answeredAt, status, code, retryAfter, wrongDate: Math.abs(date - answeredAt) > hourMs }, body };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return { attempt: { ...base, endedAt: now(), code }, body: undefined };
  }
}

const hourMs = 3_600_000;

const failure = z.object({ error: z.object({ code: z.string() }) });

interface Exchange {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
  /** The clock of the process that answered, in milliseconds since 1970; NaN without a header. */
  readonly date: number;
}

async function exchange(sending: Sending): Promise<Exchange> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { authorization: `Bearer ${sending.apiKey}`, ...contentHeaders(sending) };
  const signal = AbortSignal.timeout(sending.timeoutMs);
  const call = request(`${sending.url}/api/v1/dispatcher${sending.path}`, { method: sending.method, agent, headers, signal }, resolve);
  call.once('error', reject);
  const { cutAfterMs } = sending;
  if (cutAfterMs != null) call.once('finish', () => void sleep(cutAfterMs).then(() => call.destroy(new Error('cut off'))));
  call.end(sending.body && JSON.stringify(sending.body));
  const response = await promise;
  const chunks: unknown[] = [];
  for await (const chunk of response.setEncoding('utf8')) chunks.push(chunk);
  if (cutAfterMs != null) throw new Error('the answer was faster than the cut');
  const { date, 'retry-after': retryAfter = null } = response.headers;
  return { status: response.statusCode ?? 0, text: chunks.join(''), retryAfter, date: Date.parse(date ?? '') };
}

function contentHeaders({ body, idempotencyKey }: Sending): Record<string, string> {
  return { ...(body && { 'content-type': 'application/json' }), ...(idempotencyKey && { 'idempotency-key': idempotencyKey }) };
}
