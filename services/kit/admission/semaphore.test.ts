import { describe, expect, test } from 'vitest';
import { Semaphore } from './semaphore.ts';

const { signal } = new AbortController();

describe('turns', () => {
  test('are given in the order of asking, up to the limit', async () => {
    const turns = new Semaphore({ total: 2 });
    const order: number[] = [];
    const taken = [1, 2, 3, 4].map(async (name) => {
      const turn = await turns.take(signal, 'acme');
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
    const turns = new Semaphore({ total: 1, queueMax: 1 });
    using _first = await turns.take(signal, 'acme');
    void turns.take(signal, 'acme');
    await expect(turns.take(signal, 'other')).rejects.toMatchObject({ reason: 'unavailable' });
  });

  test('skip a caller that gave up waiting', async () => {
    const turns = new Semaphore({ total: 1 });
    const first = await turns.take(signal, 'acme');
    const giveUp = new AbortController();
    const second = turns.take(giveUp.signal, 'acme');
    const third = turns.take(signal, 'acme');
    giveUp.abort();
    await expect(second).rejects.toMatchObject({ reason: 'unavailable' });
    first[Symbol.dispose]();
    (await third)[Symbol.dispose]();
    (await turns.take(signal, 'acme'))[Symbol.dispose]();
    await expect(turns.take(AbortSignal.abort(), 'acme')).resolves.toBeDefined();
  });

  test('go round between organizations, however many callers one of them has', async () => {
    const turns = new Semaphore({ total: 1 });
    const order: string[] = [];
    const first = await turns.take(signal, 'loud');
    const waiting = ['loud', 'loud', 'loud', 'quiet', 'calm'].map(async (organization) => {
      using _turn = await turns.take(signal, organization);
      order.push(organization);
    });
    first[Symbol.dispose]();
    await Promise.all(waiting);
    expect(order).toEqual(['loud', 'quiet', 'calm', 'loud', 'loud']);
  });

  test('leave the kept part to an organization that holds nothing', async () => {
    const turns = new Semaphore({ total: 8, kept: 2 });
    const held = Array.from({ length: 6 }, () => turns.tryTake('loud'));
    expect(held.every((turn) => turn !== undefined)).toBe(true);
    expect(turns.tryTake('loud')).toBeUndefined();
    const late = turns.take(signal, 'loud');
    expect(turns.tryTake('quiet')).toBeDefined();
    expect(turns.tryTake('quiet')).toBeUndefined();
    expect(turns.tryTake('calm')).toBeDefined();
    held[0]?.[Symbol.dispose]();
    expect(turns.tryTake('calm')).toBeUndefined();
    for (const turn of held.slice(1, 3)) turn?.[Symbol.dispose]();
    await late;
  });

  test('count by weight, and a turn that gives a part back lets others begin', async () => {
    const turns = new Semaphore({ total: 10 });
    const large = await turns.take(signal, 'acme', 8);
    const waiting = turns.take(signal, 'other', 8);
    large.keep(2);
    const other = await waiting;
    other[Symbol.dispose]();
    other.keep(8);
    large[Symbol.dispose]();
    expect(turns.tryTake('third', 10)).toBeDefined();
  });
});
