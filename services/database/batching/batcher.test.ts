import pg from 'pg';
import { expect, test } from 'vitest';
import { type BatchedStatement, Batcher } from './batcher.ts';

/** A statement that records its items. Each run ends when the test says so. */
function useStatement({ undone = [], bad = [], patienceMs }: { undone?: string[]; bad?: string[]; patienceMs?: number } = {}) {
  const runs: string[][] = [];
  const gates: (() => void)[] = [];
  const started: (() => void)[] = [];
  const run = async (items: readonly string[]): Promise<(string | undefined)[]> => {
    runs.push([...items]);
    const gate = Promise.withResolvers<void>();
    gates.push(gate.resolve);
    for (const tell of started.splice(0)) tell();
    await gate.promise;
    if (items.some((item) => bad.includes(item))) throw Object.assign(new pg.DatabaseError('bad data', 0, 'error'), { code: '22003' });
    return items.map((item) => (undone.includes(item) && items.length > 1 ? undefined : `did ${item}`));
  };
  const statement: BatchedStatement<string, string> = {
    organizationOf: (item) => item.split(' ')[0] ?? '',
    one: async (item) => (await run([item]))[0] ?? null,
    many: run,
  };
  const batcher = new Batcher<string, string>(statement, patienceMs);
  return {
    batcher,
    runs,
    /** Lets the next run end. */
    async finish() {
      if (gates.length === 0) await new Promise<void>((resolve) => started.push(resolve));
      gates.shift()?.();
    },
    /** From now on every run ends at once, until these promises are settled. */
    async settle<T>(work: Promise<T>[]): Promise<PromiseSettledResult<T>[]> {
      let isOver = false;
      const all = Promise.allSettled(work).finally(() => {
        isOver = true;
      });
      while (!isOver) {
        gates.shift()?.();
        await new Promise(setImmediate);
      }
      return await all;
    },
  };
}

const values = (results: PromiseSettledResult<string | null>[]) =>
  results.map((result) => (result.status === 'fulfilled' ? result.value : `failed: ${result.reason.message}`));

test('items that arrive while a statement runs go into the next one, and a single item is sent at once', async () => {
  const { batcher, runs, finish, settle } = useStatement();
  const first = batcher.run('acme 1');
  await new Promise(setImmediate);
  const others = ['acme 2', 'acme 3', 'acme 4'].map((item) => batcher.run(item));
  await finish();
  expect(await first).toBe('did acme 1');
  expect(values(await settle(others))).toEqual(['did acme 2', 'did acme 3', 'did acme 4']);
  expect(runs).toEqual([['acme 1'], ['acme 2', 'acme 3', 'acme 4']]);
});

test('organizations take turns within a batch, and from batch to batch', async () => {
  const { batcher, runs, settle } = useStatement();
  const loud = Array.from({ length: 250 }, (_, i) => batcher.run(`loud ${i}`));
  const quiet = ['quiet 1', 'calm 1', 'calm 2'].map((item) => batcher.run(item));
  await settle([...loud, ...quiet]);
  expect(runs[0]?.slice(0, 6)).toEqual(['loud 0', 'quiet 1', 'calm 1', 'loud 1', 'calm 2', 'loud 2']);
  expect(runs.map((items) => items.length)).toEqual([128, 125]);
});

test('an organization that comes while another has a long queue is in the very next batch', async () => {
  const { batcher, runs, settle, finish } = useStatement();
  const loud = Array.from({ length: 500 }, (_, i) => batcher.run(`loud ${i}`));
  await new Promise(setImmediate);
  const quiet = batcher.run('quiet 1');
  await finish();
  await settle([...loud, quiet]);
  expect(runs[1]).toContain('quiet 1');
  expect(runs[1]?.indexOf('quiet 1')).toBeLessThan(2);
});

test('an item that makes the statement fail is the only one that fails', async () => {
  const { batcher, settle } = useStatement({ bad: ['acme 3', 'globex 2'] });
  const items = ['acme 1', 'acme 2', 'acme 3', 'acme 4', 'globex 1', 'globex 2', 'globex 3'];
  const answers = values(await settle(items.map((item) => batcher.run(item))));
  expect(answers).toEqual(items.map((item) => (['acme 3', 'globex 2'].includes(item) ? 'failed: bad data' : `did ${item}`)));
});

test('an item that the statement skipped runs alone', async () => {
  const { batcher, runs, settle } = useStatement({ undone: ['acme 2'] });
  const answers = values(await settle(['acme 1', 'acme 2', 'acme 3'].map((item) => batcher.run(item))));
  expect(answers).toEqual(['did acme 1', 'did acme 2', 'did acme 3']);
  expect(runs).toEqual([['acme 1', 'acme 2', 'acme 3'], ['acme 2']]);
});

test('an item whose caller leaves before it is sent is never sent', async () => {
  const { batcher, runs, settle, finish } = useStatement();
  const first = batcher.run('acme 1');
  await new Promise(setImmediate);
  const caller = new AbortController();
  const left = batcher.run('acme 2', caller.signal);
  const stays = batcher.run('acme 3');
  caller.abort();
  await finish();
  await settle([first, left, stays]);
  await expect(left).rejects.toMatchObject({ reason: 'unavailable' });
  expect(runs).toEqual([['acme 1'], ['acme 3']]);
});

test('an item that has waited for too long is never sent', async () => {
  const { batcher, runs } = useStatement({ patienceMs: -1 });
  await expect(batcher.run('acme 1')).rejects.toMatchObject({ reason: 'deadline_exceeded' });
  expect(runs).toEqual([]);
});

test('when the connection breaks, every item of the batch fails and none is sent again', async () => {
  let runs = 0;
  const broken = () => {
    runs += 1;
    return Promise.reject(new Error('Connection terminated unexpectedly'));
  };
  const batcher = new Batcher<string, string>({ organizationOf: () => 'acme', one: broken, many: broken });
  const results = await Promise.allSettled(['1', '2', '3'].map((item) => batcher.run(item)));
  expect(values(results)).toEqual(Array(3).fill('failed: Connection terminated unexpectedly'));
  expect(runs).toBe(1);
});

test('a slow statement does not delay the next ones', async () => {
  const { batcher, runs, settle } = useStatement();
  const stuck = batcher.run('acme 1');
  await new Promise(setImmediate);
  const next = batcher.run('acme 2');
  await expect.poll(() => runs).toEqual([['acme 1'], ['acme 2']]);
  await settle([stuck, next]);
});

test('an item is refused when too many items wait', async () => {
  const { batcher, settle } = useStatement();
  const accepted = Array.from({ length: 16_384 }, (_, i) => batcher.run(`acme ${i}`));
  await expect(batcher.run('acme late')).rejects.toMatchObject({ reason: 'unavailable' });
  await settle(accepted);
});
