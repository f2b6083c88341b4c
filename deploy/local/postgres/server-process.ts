import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import { spawnUnder } from './account.ts';
import type { PostgresPlace } from './place.ts';

/** A PostgreSQL server that was ready once. */
export interface PostgresProcess {
  /** Resolves when its first process has ended, for whatever reason. Its helpers may still run for a while. */
  readonly exited: Promise<void>;
  /** Ends the server within 8 s. Open transactions are rolled back, and everything committed is on disk. */
  stop(): Promise<void>;
}

/**
 * Starts the server on a cluster and waits until it accepts connections. When it ends before, throws an error with its
 * output.
 */
export async function startPostgresProcess(
  place: PostgresPlace,
  settings: Record<string, string>,
  log: Log,
  signal: AbortSignal,
): Promise<PostgresProcess> {
  signal.throwIfAborted();
  const args = ['-D', place.cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const child = spawnUnder(place.account, 'INT', join(place.binaries, 'bin/postgres'), args, ['ignore', 'ignore', 'pipe']);
  // `close` would wait for every helper that has the same output.
  const exited = once(child, 'exit').then(
    () => undefined,
    () => undefined,
  );
  const lastWords = once(child, 'close').catch(() => undefined);
  let stopping = false;
  const stop = async () => {
    stopping = true;
    for (const [name, waitMs] of stopSteps) {
      if (child.exitCode !== null || child.signalCode !== null) break;
      child.kill(name);
      await within(waitMs, exited);
    }
  };

  const lastLines: string[] = [];
  const ready = new Promise<void>((resolve) => {
    if (!child.stderr) return;
    createInterface({ input: child.stderr }).on('line', (line) => {
      lastLines.splice(0, lastLines.length - 9, line);
      // A server that stops tells every connection so. That is not worth a log line.
      log[/\b(FATAL|PANIC): /.test(line) && !stopping ? 'warn' : 'debug']({ line }, 'postgres');
      if (line.includes('database system is ready to accept connections')) resolve();
    });
  });
  const decided = new AbortController();
  const outcome = await Promise.race([
    ready.then(() => 'ready' as const),
    exited.then(() => 'it ended'),
    once(signal, 'abort', { signal: decided.signal }).then(() => 'the start was broken off', String),
    sleep(startLimitMs, 'it was not ready in time', { signal: decided.signal }).catch(String),
  ]);
  decided.abort();
  if (outcome === 'ready') return { exited, stop };
  await stop();
  await within(lastWordsMs, lastWords);
  throw new Error(`PostgreSQL did not start, ${outcome}:\n${lastLines.join('\n')}`);
}

/** The longest start. Recovery after a crash may take a while; everything else takes less than a second. */
const startLimitMs = 120_000;

/**
 * Stops the server in order first, with everything in memory written to disk. Then stops it at once, and the next start
 * needs a recovery.
 */
export const stopSteps = [
  ['SIGINT', 5_000],
  ['SIGQUIT', 2_000],
  ['SIGKILL', 1_000],
] as const;

/** Its last output arrives within this time after its end. */
const lastWordsMs = 500;

async function within(waitMs: number, end: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  await Promise.race([end, sleep(waitMs, undefined, { signal: timer.signal }).catch(() => undefined)]);
  timer.abort();
}
