import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import type { ManagedProcess } from './managed-process.ts';

/** A process that ended by itself is started again after this long. */
const restartMs = 1000;

/** Starts a process, and starts it again whenever it ends by itself. Disposing it stops it. */
export async function keepRunning(managed: ManagedProcess, log: Log): Promise<AsyncDisposable> {
  const stopping = new AbortController();
  await managed.start();
  const keep = async () => {
    while (true) {
      await managed.ended();
      if (stopping.signal.aborted) return;
      log.warn({ process: managed.name }, 'ended by itself and is started again');
      await sleep(restartMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      await managed.start().catch((err: unknown) => log.error({ err, process: managed.name }, 'did not start again'));
    }
  };
  const kept = keep();
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await managed.stop().catch((err: unknown) => log.warn({ err }, 'did not stop as it should'));
      await kept;
    },
  };
}
