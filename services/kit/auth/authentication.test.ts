import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createApiKey, digestOfKey } from './api-key.ts';
import { createAuthenticate } from './authentication.ts';
import { createLookupLimits } from './lookup-limits.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Keys of a store that counts how often it is asked. */
function useKeys() {
  const good = createApiKey();
  const state = { lookups: 0, isDown: false, isRevoked: false };
  const rates = { perAddress: { burst: 10, perSecond: 1 }, total: { burst: 40, perSecond: 10 } };
  const authenticate = createAuthenticate(
    'sk_admin_for_tests',
    async (digest) => {
      state.lookups += 1;
      if (state.isDown) throw new Error('no database');
      if (state.isRevoked || !digest.equals(digestOfKey(good))) return null;
      return { caller: { keyId: 'key_1', organizationId: 'acme', name: 'one', scopes: new Set() }, expiresAt: null, now: new Date() };
    },
    { limits: createLookupLimits(rates) },
  );
  const reasonOf = async (key: string, address = 'a') =>
    await authenticate(`Bearer ${key}`, address).then(
      () => 'ok',
      (error: { reason?: string; message: string }) => error.reason ?? error.message,
    );
  const guess = (count: number, address?: string) => Promise.all(Array.from({ length: count }, () => reasonOf(createApiKey(), address)));
  return { good, state, reasonOf, guess };
}

const count = (answers: readonly string[], reason: string) => answers.filter((answer) => answer === reason).length;

test('made-up keys from one address are looked up at a limited rate, and then get a 429', async () => {
  const { state, guess } = useKeys();
  const answers = await guess(100);
  expect([count(answers, 'invalid_api_key'), count(answers, 'rate_limited')]).toEqual([10, 90]);
  expect(state.lookups).toBe(10);
  vi.advanceTimersByTime(3000);
  expect(count(await guess(100), 'invalid_api_key')).toBe(3);
});

test('a valid key still works while its own address sends made-up keys, even when it has to be looked up again', async () => {
  const { good, guess, reasonOf } = useKeys();
  expect(await reasonOf(good)).toBe('ok');
  await guess(100);
  expect(await reasonOf(good)).toBe('ok');
  vi.advanceTimersByTime(900);
  expect(await reasonOf(good)).toBe('ok');
});

test('20,000 made-up keys from several addresses evict no valid key, and leave look-ups for an address without failures', async () => {
  const { good, guess, reasonOf, state } = useKeys();
  expect(await reasonOf(good)).toBe('ok');
  for (let i = 0; i < 200; i++) await guess(100, `bad-${i % 8}`);
  expect(state.lookups).toBeLessThan(1 + 40);
  expect(await reasonOf(good)).toBe('ok');
  expect(state.lookups).toBeLessThan(1 + 40);
  expect(await reasonOf(createApiKey(), 'quiet')).toBe('invalid_api_key');
});

test('a refused key is looked up again only after a while, and valid keys do not use up the limit', async () => {
  const { good, reasonOf, state } = useKeys();
  const bad = createApiKey();
  for (let i = 0; i < 50; i++) expect(await reasonOf(bad)).toBe('invalid_api_key');
  expect(state.lookups).toBe(1);
  for (let i = 0; i < 50; i++) {
    expect(await reasonOf(good)).toBe('ok');
    vi.advanceTimersByTime(900);
  }
  expect(state.lookups).toBe(1 + 50);
});

test('a key is refused within a second of being revoked, and one that cannot be looked up is tried again at once', async () => {
  const { good, reasonOf, state } = useKeys();
  expect(await reasonOf(good)).toBe('ok');
  vi.advanceTimersByTime(900);
  state.isDown = true;
  for (let i = 0; i < 50; i++) expect(await reasonOf(good)).toBe('no database');
  state.isDown = false;
  expect(await reasonOf(good)).toBe('ok');
  state.isRevoked = true;
  vi.advanceTimersByTime(900);
  expect(await reasonOf(good)).toBe('invalid_api_key');
});
