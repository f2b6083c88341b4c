import { setTimeout as sleep } from 'node:timers/promises';
import type { Transport } from '@connectrpc/connect';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import { StatsService, type WatchEventsResponse } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';

/** The options of `followEvents`. */
export interface FollowOptions {
  transport: Transport;
  adminKey: string;
  log: Log;
  /** Called with each message. The first comes at once and has the position of the stream. */
  onMessage(message: WatchEventsResponse): void;
  /** Called when the stream broke. It will be opened again. */
  onBreak(): void;
}

const firstPauseMs = 100;
const longestPauseMs = 5000;

/**
 * Reads the events of all organizations until it is disposed. When the stream breaks, it is opened again at the
 * position where it ended.
 */
export function followEvents(options: FollowOptions): AsyncDisposable {
  const stop = new AbortController();
  const ended = follow(options, stop.signal);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended;
    },
  };
}

async function follow({ transport, adminKey, log, onMessage, onBreak }: FollowOptions, signal: AbortSignal): Promise<void> {
  const headers = { authorization: `Bearer ${adminKey}` };
  let after: bigint | undefined;
  let pauseMs = firstPauseMs;
  while (!signal.aborted) {
    try {
      const request = after === undefined ? {} : { after };
      const { message } = await transport.stream(StatsService.method.watchEvents, signal, undefined, headers, only(request));
      for await (const part of message) {
        pauseMs = firstPauseMs;
        after = part.reset?.position ?? part.position;
        onMessage(part);
      }
    } catch (err) {
      if (!signal.aborted) log.warn({ err }, 'the event stream broke');
    }
    onBreak();
    // The wait is random, so that the gateways do not all reconnect at the same time.
    await sleep(pauseMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

/** A stream with one message. */
export async function* only<T>(message: T): AsyncIterable<T> {
  yield message;
}
