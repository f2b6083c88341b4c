import type { Authenticate } from '@dispatcher/kit/authentication.ts';
import { DispatcherError, errorTable, unavailable } from '@dispatcher/kit/errors.ts';
import type { Log } from '@dispatcher/kit/log.ts';
import { startLoop } from '@dispatcher/kit/loop.ts';
import { bytesFromRetry, keepAliveBytes } from './event-frame.ts';
import type { StreamReader } from './stream-reader.ts';

/** Every open stream of the gateway. Disposing it tells their readers when to come again, and ends them. */
export interface OpenStreams extends AsyncDisposable {
  /** How many there are. */
  readonly count: number;
  /** Throws when there is no room for another stream under this `authorization`. */
  checkRoom(authorization: string): void;
  add(reader: StreamReader): void;
  remove(reader: StreamReader): void;
}

/** How many streams there may be in all, and under one key. */
const streamsMax = 4096;
const streamsPerKeyMax = 2048;

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
    checkRoom(authorization) {
      if (count >= streamsMax) throw unavailable('The gateway has as many streams as it can hold; try again later.');
      const mine = byKey.get(authorization)?.size ?? 0;
      if (mine >= streamsPerKeyMax) throw new DispatcherError('rate_limited', `This key has ${streamsPerKeyMax} open streams, which is the limit.`);
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
    return thrown instanceof DispatcherError && errorTable[thrown.reason].status === 401;
  }
}
