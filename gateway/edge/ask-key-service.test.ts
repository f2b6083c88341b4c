import { createApiKey } from '@dispatcher/kit/auth/api-key.ts';
import { createAuthenticate } from '@dispatcher/kit/auth/authentication.ts';
import { type Caller, callerOf } from '@dispatcher/kit/auth/caller.ts';
import { createDirectTransport } from '@dispatcher/kit/serving/direct-transport.ts';
import { serviceInterceptors } from '@dispatcher/kit/serving/interceptors.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createRemoteResolveKey } from './ask-key-service.ts';

const adminKey = 'sk_admin_for_tests';
const caller: Caller = { keyId: 'key_1', organizationId: 'acme', name: 'one', scopes: new Set(['dispatcher:read']) };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A key service without a cache, and a key that can be revoked. A gateway authenticates with them. */
function useRemoteKeys() {
  let revoked = false;
  const authenticate = createAuthenticate(adminKey, async () => (revoked ? null : { caller, expiresAt: null, now: new Date() }), { keptMs: 0 });
  const interceptors = serviceInterceptors({ log: createLog('silent'), authenticate, convertError: (thrown) => thrown });
  const transport = createDirectTransport(
    [
      (router) =>
        router.service(KeyService, {
          getCaller: (_request, context) => {
            const { keyId, organizationId, name, scopes } = callerOf(context);
            return { data: { name, scopes: [...scopes], ...(keyId !== null && { keyId }), ...(organizationId !== null && { organizationId }) } };
          },
        }),
    ],
    interceptors,
  );
  const revoke = () => {
    revoked = true;
  };
  return { atGateway: createAuthenticate(adminKey, createRemoteResolveKey(transport)), atService: authenticate, revoke };
}

test('the key service does not cache, so only the cache of the gateway decides how long a revoked key works', async () => {
  const { atGateway, atService, revoke } = useRemoteKeys();
  const header = `Bearer ${createApiKey()}`;
  expect(await atGateway(header)).toEqual(caller);
  await vi.advanceTimersByTimeAsync(850);
  await atService(header);
  revoke();
  await expect(atGateway(header)).rejects.toThrow('revoked');
});
