import type { ServiceImpl } from '@connectrpc/connect';
import { ApiKey } from '@dispatcher/database/entities/api-key.ts';
import { DispatcherError } from '@dispatcher/kit/serving/errors.ts';
import { raw } from '@mikro-orm/core';
import type { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import type { KeyDependencies } from '../dependencies.ts';
import { keyFromRow } from '../key-message.ts';

/** Revokes a key for good. A second revocation keeps the time of the first. */
export function revokeKey({ database }: KeyDependencies): ServiceImpl<typeof KeyService>['revokeKey'] {
  return async ({ keyId: id }) => {
    const em = database.orm.em.fork();
    await em.nativeUpdate(ApiKey, { id, revokedAt: null }, { revokedAt: raw('clock_timestamp()') });
    const row = await em.findOne(ApiKey, { id }, { disableIdentityMap: true });
    if (!row) throw new DispatcherError('not_found', 'There is no key with this id.');
    return { data: keyFromRow(row) };
  };
}
