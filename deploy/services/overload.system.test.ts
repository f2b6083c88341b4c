import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { type Step, startLoad } from './load.ts';
import { canRunTopology, useTopology } from './use-topology.ts';

/** A caller who comes back sooner than it was asked to. */
const readTasks: Step = async (send) => {
  const { status } = await send('GET', '/tasks?limit=1');
  if (status !== 200) await sleep(300);
};

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

test.runIf(canRunTopology)('load beyond the limit of a key is refused quickly with Retry-After, and all is normal within 2 s after', async () => {
  await using topology = await useTopology();
  const [url = ''] = topology.urls;
  const key = await topology.createKey('acme');

  // Whoever reads a task waits now, as behind a database that cannot follow.
  const blocker = await topology.pool.connect();
  await blocker.query('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0; LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE');
  const load = startLoad({ url, key, callers: 400, step: readTasks });
  const probe = startLoad({ url, key, callers: 2, step: readTasks });
  const quick = () => probe.answers.filter(({ status }) => status === 429).map(({ ms }) => ms);
  await vi.waitFor(() => expect(quick().length).toBeGreaterThan(20), { timeout: 30_000 });
  await blocker.query('ROLLBACK');
  blocker.release();
  const unblocked = performance.now();
  const ended = load.stop();
  const before = probe.answers.length;
  await vi.waitFor(() => expect(probe.answers.slice(before).filter(({ status }) => status === 200).length).toBeGreaterThan(10), {
    timeout: 2_000,
    interval: 5,
  });
  const normalMs = performance.now() - unblocked;
  await Promise.all([ended, probe.stop()]);

  const refused = [...load.answers, ...probe.answers].filter(({ status }) => status !== 200);
  console.log(
    `${refused.length} refused, those over the limit after a median of ${median(quick()).toFixed(1)} ms; normal after ${Math.round(normalMs)} ms`,
  );
  expect(refused.filter(({ status }) => ![429, 503, 504].includes(status))).toEqual([]);
  expect(refused.filter(({ status, retryAfter }) => status !== 504 && !/^\d+$/.test(retryAfter ?? ''))).toEqual([]);
  expect(median(quick())).toBeLessThan(100);
});
