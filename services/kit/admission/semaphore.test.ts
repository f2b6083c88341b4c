import { describe, expect, test } from 'vitest';
import { Semaphore } from './semaphore.ts';

const { signal } = new AbortController();

describe('turns', () => {
  test('are given in the order of asking, up to the limit', async () => {
    const turns = new Semaphore(2, 10);
    const order: number[] = [];
    const taken = [1, 2, 3, 4].map(async (name) => {
      const turn = await turns.take(signal);
      order.push(name);
      return turn;
    });
    const [first, second] = await Promise.all(taken.slice(0, 2));
    expect(order).toEqual([1, 2]);
    second?.[Symbol.dispose]();
    await taken[2];
    first?.[Symbol.dispose]();
    await taken[3];
    expect(order).toEqual([1, 2, 3, 4]);
  });

  test('are refused with a 503 when too many wait', async () => {
    const turns = new Semaphore(1, 1);
    using _first = await turns.take(signal);
    void turns.take(signal);
    await expect(turns.take(signal)).rejects.toMatchObject({ reason: 'unavailable' });
  });

  test('skip a caller that gave up waiting', async () => {
    const turns = new Semaphore(1, 10);
    const first = await turns.take(signal);
    const giveUp = new AbortController();
    const second = turns.take(giveUp.signal);
    const third = turns.take(signal);
    giveUp.abort();
    await expect(second).rejects.toMatchObject({ reason: 'unavailable' });
    first[Symbol.dispose]();
    (await third)[Symbol.dispose]();
    (await turns.take(signal))[Symbol.dispose]();
    await expect(turns.take(AbortSignal.abort())).resolves.toBeDefined();
  });
});
