import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@connectrpc/connect';
import type { DispatcherError } from '@dispatcher/kit/errors.ts';
import { hopCredentials } from '@dispatcher/kit/hop-credentials.ts';
import { createHopPool } from '@dispatcher/kit/hop-pool.ts';
import { createHopTransport } from '@dispatcher/kit/hop-transport.ts';
import { createLog } from '@dispatcher/kit/log.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { expect, test, vi } from 'vitest';
import { type LoadAnswer, type Step, startLoad } from './load.ts';
import type { TestTopology } from './test-topology.ts';
import { canRunTopology, useTopology } from './use-topology.ts';

/** A caller who comes back after this long when it was refused. */
const readTasks =
  (againMs: number): Step =>
  async (send) => {
    const { status } = await send('GET', '/tasks?limit=1');
    if (status !== 200) await sleep(againMs);
  };

/** Whoever reads a task waits from now on, as behind a database that cannot follow; until it is disposed. */
async function blockTasks({ pool }: TestTopology): Promise<AsyncDisposable> {
  const blocker = await pool.connect();
  await blocker.query('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0; LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE');
  return {
    async [Symbol.asyncDispose]() {
      await blocker.query('ROLLBACK');
      blocker.release();
    },
  };
}

/** What is neither an answer, nor a refusal that says when to come back, nor the end of a call that took too long. */
const unexplained = (answers: readonly LoadAnswer[]) =>
  answers.filter(({ status, retryAfter }) => status !== 200 && status !== 504 && !([429, 503].includes(status) && /^\d+$/.test(retryAfter ?? '')));

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

test.runIf(canRunTopology)('load beyond the limit of a key is refused quickly with Retry-After, and all is normal within 2 s after', async () => {
  await using topology = await useTopology();
  const [url = ''] = topology.urls;
  const key = await topology.createKey('acme');
  await using callers = new AsyncDisposableStack();
  const start = (count: number) => callers.use(startLoad({ url, key, callers: count, step: readTasks(300) }));
  const [load, probe] = [start(400), start(2)];
  const quick = () => probe.answers.filter(({ status }) => status === 429).map(({ ms }) => ms);
  {
    await using _blocked = await blockTasks(topology);
    await vi.waitFor(() => expect(quick().length).toBeGreaterThan(20), { timeout: 60_000 });
  }
  const unblocked = performance.now();
  const ended = load.stop();
  const before = probe.answers.length;
  const answered = () => probe.answers.slice(before).filter(({ status }) => status === 200).length;
  await vi.waitFor(() => expect(answered()).toBeGreaterThan(10), { timeout: 2_000, interval: 5 });
  const normalMs = performance.now() - unblocked;
  await Promise.all([ended, probe.stop()]);
  const answers = [load, probe].flatMap((each) => each.answers);
  const refusedMs = median(quick());
  console.log(
    `${answers.length} requests; over the limit refused after a median of ${refusedMs.toFixed(1)} ms; normal after ${Math.round(normalMs)} ms`,
  );
  expect(unexplained(answers)).toEqual([]);
  expect(refusedMs).toBeLessThan(100);
});

/** How a call ended, and after how long. */
interface Ended {
  reason: string;
  ms: number;
}

test.runIf(canRunTopology)(
  'with 1,024 calls in flight in a process every further one is refused at once with 503, and all is normal after',
  async () => {
    await using topology = await useTopology();
    const keys = await Promise.all(Array.from({ length: 6 }, (_, i) => topology.createKey(`organization-${i}`)));
    const address = topology.grpcAddresses[TaskService.typeName] ?? '';
    using pool = createHopPool({ addresses: [address], credentials: hopCredentials(null), log: createLog('silent') });
    const transport = createHopTransport(() => pool);
    const tasks = createClient(TaskService, transport);
    const read = async (key: string): Promise<Ended> => {
      const start = performance.now();
      const call = tasks.listTasks({}, { headers: { authorization: `Bearer ${key}` } });
      const reason = await call.then(
        () => 'answered',
        (thrown: DispatcherError) => (thrown.rawMessage.includes('as it can hold') ? 'refused' : thrown.reason),
      );
      return { reason, ms: performance.now() - start };
    };
    const all = () => Promise.all(keys.flatMap((key) => Array.from({ length: 200 }, () => read(key))));
    // Refused for what they ask, after it was looked up who asks: in a full process that too would wait for a connection.
    const becomeKnown = () => Promise.allSettled(keys.map((key) => tasks.listTasks({ limit: -1 }, { headers: { authorization: `Bearer ${key}` } })));
    let ended: Ended[] = [];
    const refused = () => ended.filter(({ reason }) => reason === 'refused');
    {
      await using _blocked = await blockTasks(topology);
      const burst = async () => {
        await becomeKnown();
        ended = await all();
        expect(refused().length).toBeGreaterThan(100);
      };
      await vi.waitFor(burst, { timeout: 60_000 });
    }
    const quickMs = median(refused().map(({ ms }) => ms));
    const slowMs = median(ended.filter(({ reason }) => reason !== 'refused').map(({ ms }) => ms));
    console.log(
      `of ${ended.length} calls ${refused().length} refused after a median of ${Math.round(quickMs)} ms, the others ended after ${Math.round(slowMs)} ms`,
    );
    // Whoever is taken on waits a second for a connection to the database, and only then is told 503 too.
    expect(ended.filter(({ reason }) => !['refused', 'unavailable', 'deadline_exceeded'].includes(reason))).toEqual([]);
    expect(refused().length).toBeLessThanOrEqual(ended.length - 1024);
    expect(quickMs).toBeLessThan(slowMs);
    await vi.waitFor(async () => expect((await all()).map(({ reason }) => reason)).toContain('answered'), { timeout: 10_000 });
  },
);
