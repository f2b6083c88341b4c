import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Figures } from './probe.ts';
import { createTaskClient, type TaskClient } from './task-client.ts';

/** The victim's address, key and measuring time. */
interface VictimOptions {
  readonly url: string;
  readonly key: string;
  readonly measureMs: number;
}

/**
 * The victim sends its next request after this many milliseconds, or when the last one is answered if that is later.
 */
const everyMs = 40;

/** Works like a quiet organization. It runs in its own thread, so that the attack does not slow its clock down. */
export async function measureVictim(options: VictimOptions): Promise<Figures> {
  const worker = new Worker(new URL(import.meta.url), { workerData: options });
  const [[figures]] = (await Promise.all([once(worker, 'message'), once(worker, 'exit')])) as [[Figures], unknown];
  return figures;
}

if (!isMainThread && parentPort && isOptions(workerData)) parentPort.postMessage(await work(workerData));

function isOptions(data: unknown): data is VictimOptions {
  return typeof data === 'object' && data !== null && 'measureMs' in data;
}

async function work({ url, key, measureMs }: VictimOptions): Promise<Figures> {
  using client = createTaskClient(url, key);
  const taken: number[] = [];
  let refused = 0;
  const end = performance.now() + measureMs;
  for await (const { status, ms } of requests(client)) {
    if (status >= 200 && status < 300) taken.push(ms);
    else refused += 1;
    if (performance.now() >= end) break;
    await sleep(Math.max(0, everyMs - ms));
  }
  taken.sort((a, b) => a - b);
  return { answered: taken.length, refused, p50Ms: taken[Math.floor(taken.length / 2)] ?? 0 };
}

/** Creates a task, lists tasks, claims, renews and completes, again and again. */
async function* requests({ send }: TaskClient) {
  while (true) {
    yield await send('POST', '/tasks', { body: { title: 'A quiet task', rev: 3 } });
    yield await send('GET', '/tasks?limit=5');
    const claimed = await send('POST', '/tasks/claim-next', { body: { agent: 'quiet' } });
    yield claimed;
    const claim = claimed.status === 200 && (JSON.parse(claimed.body) as { data: { claim: { task_id: string } } | null }).data?.claim;
    if (!claim) continue;
    yield await send('POST', `/heartbeat/${claim.task_id}`, { body: { agent: 'quiet' } });
    yield await send('POST', `/done/${claim.task_id}`, { body: { agent: 'quiet' } });
  }
}
