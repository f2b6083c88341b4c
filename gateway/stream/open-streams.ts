import type { Authenticate } from '@dispatcher/kit/auth/authentication.ts';
import { isRefusal } from '@dispatcher/kit/auth/while-authenticated.ts';
import { startLoop } from '@dispatcher/kit/lifecycle/loop.ts';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import { bytesFromRetry } from './event-frame.ts';
import type { StreamReader } from './stream-reader.ts';

/** All open streams of the gateway. When it is disposed, it tells the readers when to connect again, and ends them. */
export interface OpenStreams extends AsyncDisposable {
  /** The number of open streams. */
  readonly count: number;
  add(reader: StreamReader): void;
  remove(reader: StreamReader): void;
}

/** How often a reader gets a comment, in milliseconds. */
const defaultKeepAliveMs = 15_000;

/** Together with the 0.8 s for which `authenticate` caches a key, the streams of a revoked key end within a second. */
const keyCheckMs = 100;

/** Keeps quiet streams alive, and ends the streams of a key that was revoked or has expired. */
export function createOpenStreams(authenticate: Authenticate, log: Log, keepAliveMs = defaultKeepAliveMs): OpenStreams {
  const byKey = new Map<string, Set<StreamReader>>();
  let count = 0;
  let isClosed = false;
  const keepAlive = setInterval(() => {
    for (const readers of byKey.values()) for (const reader of readers) reader.keepAlive();
  }, keepAliveMs);
  const keyCheck = startLoop('keys of open streams', keyCheckMs, log, async () => {
    await Promise.all(
      [...byKey].map(async ([authorization, readers]) => {
        if (await isRefused(authenticate, authorization)) for (const reader of readers) reader.end();
      }),
    );
    return false;
  });
  return {
    get count() {
      return count;
    },
    add(reader) {
      if (isClosed) sayGoodbye(reader);
      const readers = byKey.get(reader.authorization);
      if (readers) readers.add(reader);
      else byKey.set(reader.authorization, new Set([reader]));
      count += 1;
    },
    remove(reader) {
      const readers = byKey.get(reader.authorization);
      if (!readers?.delete(reader)) return;
      if (readers.size === 0) byKey.delete(reader.authorization);
      count -= 1;
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      clearInterval(keepAlive);
      await keyCheck[Symbol.asyncDispose]();
      for (const readers of byKey.values()) for (const reader of readers) sayGoodbye(reader);
    },
  };
}

/** Ends a stream with a random retry time, so that the readers do not all connect to the next gateway at once. */
function sayGoodbye(reader: StreamReader): void {
  reader.end(bytesFromRetry(1000 + 4000 * Math.random()));
}

/** Whether the key is refused. A stream goes on while the keys cannot be looked up. */
async function isRefused(authenticate: Authenticate, authorization: string): Promise<boolean> {
  try {
    await authenticate(authorization);
    return false;
  } catch (thrown) {
    return isRefusal(thrown);
  }
}
