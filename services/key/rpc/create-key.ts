import type { ServiceImpl } from '@connectrpc/connect';
import { dateFromField } from '@dispatcher/database/time.ts';
import type { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import { createKey as create } from '../create-key.ts';
import type { KeyDependencies } from '../dependencies.ts';
import { keyFromRow } from '../key-message.ts';

/** Creates a key. It takes no idempotency key, because the secret is shown only once. */
export function createKey({ database }: KeyDependencies): ServiceImpl<typeof KeyService>['createKey'] {
  return async ({ organizationId, name, scopes, expiresAt }) => {
    const { row, key } = await create(database, {
      organizationId,
      name,
      ...(scopes.length > 0 && { scopes }),
      ...(expiresAt && { expiresAt: dateFromField('expires_at', expiresAt) }),
    });
    return { data: keyFromRow(row, key) };
  };
}
