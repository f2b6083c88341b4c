import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { startWorld, type World } from '@dispatcher/testing/faults/environment/environment.ts';
import { startStuckReader } from '@dispatcher/testing/faults/load/stuck-reader.ts';
import { waitUntil } from '@dispatcher/testing/faults/wait-until.ts';
import { createAcme, post } from './call.ts';
import { type Figure, inMs, quantile } from './figure.ts';
import { readStream } from './read-stream.ts';

const readerCount = 1_000;
const rounds = 6;
const eventsPerRound = 60;

/**
 * A thousand readers on one gateway, and one of them never reads. Measures what each reader gets, how late, and the
 * memory of the process after each round.
 */
export async function measureManyReaders(): Promise<Figure[]> {
  await using world = await startWorld('alone');
  await createAcme(world);
  const got = new Array<number>(readerCount).fill(0);
  const delays: number[] = [];
  using readers = new DisposableStack();
  readers.use(startStuckReader(world.nodes[0].url, world.adminKey));
  for (let i = 0; i < readerCount; i++) readers.use(await readStream(world, (delay) => count(i, delay)));
  function count(reader: number, delay: number): void {
    got[reader] = (got[reader] ?? 0) + 1;
    delays.push(delay);
  }
  const memory: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (let i = 0; i < eventsPerRound; i++) {
      await post(world, '/tasks', { title: 'For a thousand readers', description: 'x'.repeat(1_000) });
      await sleep(30);
    }
    await waitUntil(20_000, async () => got.every((number) => number === round * eventsPerRound));
    memory.push(await residentMib(world));
  }
  const whole = got.filter((number) => number === rounds * eventsPerRound).length;
  return [
    {
      what: '1,000 SSE readers, another one stuck: readers that got every event',
      measured: String(whole),
      promised: '1,000',
      n: `${rounds * eventsPerRound} events each`,
    },
    {
      what: 'the same: commit to arrival, median, p99',
      measured: `${inMs(quantile(delays, 0.5))}, ${inMs(quantile(delays, 0.99))}`,
      promised: 'p99 under 1 s',
      n: `${delays.length} arrivals`,
    },
    {
      what: 'the same: resident memory of the process after each sixth of it',
      measured: `${memory.map((mib) => mib.toFixed(0)).join(', ')} MiB`,
      promised: 'level',
      n: `${rounds} looks`,
    },
  ];
}

async function residentMib({ nodes }: World): Promise<number> {
  const status = await readFile(`/proc/${nodes[0].pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
