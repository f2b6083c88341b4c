import { z } from 'zod';
import type { LogEvent } from '../check/log-event.ts';
import { maySee } from '../check/stream-positions.ts';
import type { World } from '../environment/environment.ts';
import type { History } from '../history.ts';
import type { Random } from '../random.ts';
import { createCaller } from './caller.ts';
import { endLeases } from './end-leases.ts';
import { holdSnapshots } from './hold-snapshot.ts';
import { sendRequest } from './send-request.ts';
import { type StreamWatcher, startWatcher } from './stream-watcher.ts';
import { startStuckReader } from './stuck-reader.ts';
import { work } from './worker.ts';

/** Workers of two organizations and readers of the stream, all busy. One transaction stays open beside them. */
export interface Load extends AsyncDisposable {
  /** Lets the workers finish their current work. The readers keep reading. */
  stop(): Promise<void>;
  /** Whether every reader has received the last event that it may see. */
  haveAll(log: readonly LogEvent[]): boolean;
}

const workersPerOrganization = 16;
const organizations = ['acme', 'globex'] as const;

/** Starts the load on a world. */
export async function startLoad(world: World, history: History, random: Random): Promise<Load> {
  await using readers = new AsyncDisposableStack();
  const keys = { acme: await createKey(world, 'acme'), globex: await createKey(world, 'globex') };
  const urls = urlsOf(world);
  const watchers = startWatchers(world, keys, random).map((watcher) => readers.use(watcher));
  history.streams.push(...watchers.map(({ record }) => record));
  readers.use(startStuckReader(urls[0], world.adminKey));

  const working = new AbortController();
  const workers = organizations.flatMap((organizationId) => {
    const board = { tasks: [], abandoned: [] };
    return Array.from({ length: workersPerOrganization }, (_, i) => {
      const name = `${organizationId}-${i}`;
      const own = random.fork(name);
      const caller = createCaller({ organizationId, apiKey: keys[organizationId], urls, history, random: own.fork('caller') });
      return work({ name, caller, random: own, board, signal: working.signal });
    });
  });
  const { signal } = working;
  const ended = Promise.all([...workers, endLeases(world.db, history, random.fork('leases'), signal), holdSnapshots(world.db, history, signal)]);
  // `stop()` awaits this. Until then a failed worker must not end the process.
  ended.catch(() => undefined);
  const running = readers.move();
  const stop = async () => {
    working.abort();
    for (const watcher of watchers) watcher.settle();
    await ended;
  };
  return {
    stop,
    haveAll: (log) => watchers.every((watcher) => hasAll(watcher, log)),
    async [Symbol.asyncDispose]() {
      await stop().catch(() => undefined);
      await running.disposeAsync();
    },
  };
}

const keyAnswer = z.object({ data: z.object({ key: z.string() }) });

async function createKey({ nodes, adminKey }: World, organizationId: string): Promise<string> {
  const body = { organization_id: organizationId, name: 'load' };
  const answer = await sendRequest({ url: nodes[0].url, method: 'POST', path: '/keys', apiKey: adminKey, body, timeoutMs: 5_000 });
  return keyAnswer.parse(answer.body).data.key;
}

function urlsOf({ nodes: [first, ...others] }: World): [string, ...string[]] {
  return [first.url, ...others.map(({ url }) => url)];
}

function startWatchers(world: World, keys: Record<'acme' | 'globex', string>, random: Random): StreamWatcher[] {
  const newest = { position: 0 };
  const watch = (name: string, organizationId: 'acme' | 'globex' | null, types: string[], fromTheBeginning: boolean) =>
    startWatcher({
      name,
      organizationId,
      types,
      fromTheBeginning,
      apiKey: organizationId === null ? world.adminKey : keys[organizationId],
      urls: urlsOf(world),
      random: random.fork(name),
      newest,
    });
  return [
    watch('the admin', null, [], true),
    watch('a second admin', null, [], false),
    watch('acme', 'acme', [], true),
    watch('globex', 'globex', [], false),
    watch("acme's ends", 'acme', ['task.completed', 'task.released', 'task.expired'], true),
  ];
}

function hasAll({ record }: StreamWatcher, log: readonly LogEvent[]): boolean {
  const last = log.findLast((event) => maySee(record, event));
  const got = record.frames.findLast((frame) => frame.kind !== 'connected');
  return !last || (got?.position ?? 0) >= last.position;
}
