import type { Authenticate } from '@dispatcher/kit/auth/authentication.ts';
import { isRefusal } from '@dispatcher/kit/auth/while-authenticated.ts';
import { startLoop } from '@dispatcher/kit/lifecycle/loop.ts';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import { bytesFromRetry, keepAliveBytes } from './event-frame.ts';
import type { StreamReader } from './stream-reader.ts';

/** Every open stream of the gateway. Disposing it tells their readers when to come again, and ends them. */
export interface OpenStreams extends AsyncDisposable {
  /** How many there are. */
  readonly count: number;
  add(reader: StreamReader): void;
  remove(reader: StreamReader): void;
}

const keepAliveMs = 15_000;

/** Together with the 0.8 s for which `authenticate` remembers a key: a revoked key's streams end within a second. */
const keyCheckMs = 100;

/** Keeps quiet streams alive, and ends those whose key has ended. */
export function createOpenStreams(authenticate: Authenticate, log: Log): OpenStreams {
  const byKey = new Map<string, Set<StreamReader>>();
  let count = 0;
  let isClosed = false;
  const keepAlive = setInterval(() => {
    for (const readers of byKey.values()) for (const reader of readers) reader.write(keepAliveBytes);
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

/** The wait is spread over some seconds, so that the readers do not all come to the next gateway at once. */
function sayGoodbye(reader: StreamReader): void {
  reader.end(bytesFromRetry(1000 + 4000 * Math.random()));
}

/** Only a clear no ends a stream: while the keys cannot be looked up, it goes on. */
async function isRefused(authenticate: Authenticate, authorization: string): Promise<boolean> {
  try {
    await authenticate(authorization);
    return false;
  } catch (thrown) {
    return isRefusal(thrown);
  }
}
