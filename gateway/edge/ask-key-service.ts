import { createClient, type Transport } from '@connectrpc/connect';
import type { ResolveKey } from '@dispatcher/kit/auth/authentication.ts';
import { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';

/**
 * Asks the key service for the caller of a key. The service refuses a key that is unknown, revoked or expired. That
 * refusal is passed on.
 */
export function createRemoteResolveKey(transport: Transport): ResolveKey {
  const keys = createClient(KeyService, transport);
  return async (_digest, key) => {
    const { data } = await keys.getCaller({}, { headers: { authorization: `Bearer ${key}` } });
    if (!data) return null;
    const { keyId = null, organizationId = null, name, scopes } = data;
    return { caller: { keyId, organizationId, name, scopes: new Set(scopes) }, expiresAt: null, now: new Date(0) };
  };
}
