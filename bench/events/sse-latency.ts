import { setTimeout as sleep } from 'node:timers/promises';
import { startWorld, type World } from '@dispatcher/testing/faults/environment/environment.ts';
import { createAcme, post } from './call.ts';
import { type Figure, inMs, quantile } from './figure.ts';
import { readStream } from './read-stream.ts';

/**
 * The time from the commit of a change to its arrival at an SSE reader, with one change each tenth of a second and with
 * 64 requests in flight.
 */
export async function measureSseLatency(): Promise<Figure[]> {
  await using world = await startWorld('alone-nats');
  await createAcme(world);
  const idle = await delays(world, async () => {
    for (let i = 0; i < 100; i++) {
      await post(world, '/tasks', { title: 'One at a time' });
      await sleep(100);
    }
  });
  const start = performance.now();
  const loaded = await delays(world, async () => {
    await Promise.all(Array.from({ length: 64 }, () => createFor(world, 10_000)));
  });
  const rate = loaded.length / ((performance.now() - start) / 1000);
  const figure = (what: string, promised: string, numbers: number[]) => ({
    what: `Commit to SSE, ${what}: median, p99`,
    measured: `${inMs(quantile(numbers, 0.5))}, ${inMs(quantile(numbers, 0.99))}`,
    promised,
    n: `${numbers.length} events`,
  });
  return [
    figure('idle', 'p99 under 250 ms', idle),
    figure(`at full load (64 creates in flight, ${rate.toFixed(0)} events/s)`, 'p99 under 1 s', loaded),
  ];
}

async function delays(world: World, work: () => Promise<void>): Promise<number[]> {
  const delays: number[] = [];
  using _stream = await readStream(world, (delay) => delays.push(delay));
  await work();
  await sleep(1_500);
  return delays;
}

async function createFor(world: World, ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until) await post(world, '/tasks', { title: 'One of many' });
}
