import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import type { ManagedProcess } from './managed-process.ts';

/** Processes that are kept running. Disposing it stops all of them at the same time. */
export interface ProcessGroup extends AsyncDisposable {
  /** Starts a process and waits until it is ready. Whenever it ends by itself, it is started again. */
  start(managed: ManagedProcess): Promise<void>;
}

/** How long a process that ended by itself stays down before it is started again. */
const restartMs = 1000;

/** An empty group. When `giveUp` fires, it starts nothing any more, and a waiting start is interrupted. */
export function createProcessGroup(log: Log, giveUp: AbortSignal): ProcessGroup {
  const members: ManagedProcess[] = [];
  const keeping: Promise<void>[] = [];
  const stopping = new AbortController();
  const signal = AbortSignal.any([giveUp, stopping.signal]);

  const keepRunning = async (managed: ManagedProcess) => {
    while (!signal.aborted) {
      await managed.ended();
      if (signal.aborted) return;
      log.warn({ process: managed.name }, 'ended by itself and is started again');
      await sleep(restartMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await managed.start(signal).catch((err: unknown) => log.error({ err, process: managed.name }, 'did not start again'));
    }
  };
  const stop = (managed: ManagedProcess) =>
    managed.stop().catch((err: unknown) => log.warn({ err, process: managed.name }, 'did not stop as it should'));

  return {
    async start(managed) {
      members.push(managed);
      await managed.start(signal);
      keeping.push(keepRunning(managed));
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await Promise.all(members.map(stop));
      await Promise.all(keeping);
    },
  };
}
