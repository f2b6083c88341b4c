import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { now } from '../clock.ts';
import type { ReaderRecord, StreamFrame } from '../history.ts';
import type { Random } from '../random.ts';
import { framesOf } from './stream-frames.ts';

/** What a reader of the event stream asks for. */
export interface WatcherOptions {
  readonly name: string;
  readonly organizationId: string | null;
  readonly types: readonly string[];
  readonly apiKey: string;
  /** Begins with the very first event instead of the next one. */
  readonly fromTheBeginning: boolean;
  readonly urls: readonly [string, ...string[]];
  readonly random: Random;
  /** The newest position that any reader has seen. */
  readonly newest: { position: number };
}

/** A reader that reads until it is disposed. When its connection ends, it resumes from its last position. */
export interface StreamWatcher extends AsyncDisposable {
  readonly record: ReaderRecord;
  /** From now on it no longer breaks its connections. */
  settle(): void;
}

/** Starts a reader. It breaks its connection every few seconds and reconnects to any node. */
export function startWatcher(options: WatcherOptions): StreamWatcher {
  const { name, organizationId, types, random } = options;
  const record: ReaderRecord = { name, organizationId, types, frames: [] };
  const stop = new AbortController();
  let settled = false;
  let last = options.fromTheBeginning ? 0 : null;

  const accept = (frame: StreamFrame & { position: number }) => {
    record.frames.push(frame);
    last = frame.position;
    options.newest.position = Math.max(options.newest.position, frame.position);
  };
  const run = async () => {
    while (!stop.signal.aborted) {
      const restless = settled ? stop.signal : AbortSignal.any([stop.signal, AbortSignal.timeout(random.integer(1_000, 7_000))]);
      await readOnce(options, record, last, restless, accept).catch(() => undefined);
      await sleep(random.integer(20, 200));
    }
  };
  const ended = run();
  return {
    record,
    settle: () => {
      settled = true;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended;
    },
  };
}

const agent = new Agent({ keepAlive: false });

async function readOnce(
  options: WatcherOptions,
  record: ReaderRecord,
  after: number | null,
  signal: AbortSignal,
  accept: (frame: StreamFrame & { position: number }) => void,
): Promise<void> {
  const { apiKey, urls, random, types, newest } = options;
  const byHeader = after !== null && random.chance(0.5);
  const query = new URLSearchParams({
    ...(after !== null && !byHeader ? { after: String(after) } : {}),
    ...(types.length > 0 ? { types: types.join() } : {}),
  });
  const headers = { authorization: `Bearer ${apiKey}`, ...(byHeader ? { 'last-event-id': String(after) } : {}) };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  get(`${random.pick(urls)}/api/v1/dispatcher/stream?${query}`, { agent, headers, signal }, resolve).once('error', reject);
  const response = await promise;
  if (response.statusCode !== 200) return void response.resume();
  record.frames.push({ kind: 'connected', at: now(), after, newest: newest.position });
  for await (const { event, data } of framesOf(response)) {
    if (event === 'reset') accept({ kind: 'reset', at: now(), position: resetData.parse(JSON.parse(data)).position });
    else if (event !== null) accept(eventFrame(eventData.parse(JSON.parse(data))));
  }
}

function eventFrame(data: z.infer<typeof eventData>) {
  const { position, type, organization_id: organizationId, task_id: taskId } = data;
  return { kind: 'event', at: now(), position, type, organizationId, taskId } as const;
}

const resetData = z.object({ position: z.number() });
const eventData = z.object({ position: z.number(), type: z.string(), organization_id: z.string(), task_id: z.string() });
