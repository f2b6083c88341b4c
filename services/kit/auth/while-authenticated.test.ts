import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createApiKey } from './api-key.ts';
import { createAuthenticate } from './authentication.ts';
import type { Caller } from './caller.ts';
import { whileAuthenticated } from './while-authenticated.ts';

const caller: Caller = { keyId: 'key_1', organizationId: 'acme', name: 'one', scopes: new Set(['dispatcher:read']) };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/**
 * A stream without messages, with a key that can be revoked. At `lookUpAt` another request with the same key looks the
 * key up again.
 */
async function useQuietStream(lookUpAt: number) {
  let revoked = false;
  const authenticate = createAuthenticate('sk_admin_for_tests', async () => (revoked ? null : { caller, expiresAt: null, now: new Date() }));
  const header = `Bearer ${createApiKey()}`;
  await authenticate(header);
  await vi.advanceTimersByTimeAsync(700);
  const never = new Promise<never>(() => undefined);
  const messages = (async function* () {
    yield await never;
  })();
  let isOpen = true;
  const end = whileAuthenticated(messages, () => authenticate(header))
    [Symbol.asyncIterator]()
    .next();
  end.catch(() => (isOpen = false));
  await vi.advanceTimersByTimeAsync(lookUpAt);
  await authenticate(header);
  const revoke = () => {
    revoked = true;
  };
  return { revoke, end, isOpen: () => isOpen };
}

test.each(Array.from({ length: 20 }, (_, i) => i * 50))(
  'a stream ends within a second after its key was revoked, also when another request used the key %d ms after its start',
  async (at) => {
    const stream = await useQuietStream(at);
    expect(stream.isOpen()).toBe(true);
    stream.revoke();
    await vi.advanceTimersByTimeAsync(1000);
    expect(stream.isOpen()).toBe(false);
    await expect(stream.end).rejects.toThrow('revoked');
  },
);
