import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';
import type { ServiceImpl } from '@connectrpc/connect';
import { invalidField } from '@dispatcher/kit/serving/errors.ts';
import type { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import { createKey as create } from '../create-key.ts';
import type { KeyDependencies } from '../dependencies.ts';
import { keyFromRow } from '../key-message.ts';

/** Makes a key. Not to be repeated under an idempotency key: the secret is shown once. */
export function createKey({ database }: KeyDependencies): ServiceImpl<typeof KeyService>['createKey'] {
  return async ({ organizationId, name, scopes, expiresAt }) => {
    const { row, key } = await create(database, {
      organizationId,
      name,
      ...(scopes.length > 0 && { scopes }),
      ...(expiresAt && { expiresAt: dateFrom(expiresAt) }),
    });
    return { data: keyFromRow(row, key) };
  };
}

/** The last second that RFC 3339, and so JSON, can write. */
const lastSecond = 253_402_300_799n;

function dateFrom(expiresAt: Timestamp): Date {
  if (expiresAt.seconds < 0n) throw invalidField('expires_at', 'must lie in the future');
  if (expiresAt.seconds > lastSecond) throw invalidField('expires_at', 'must lie before the year 10000');
  return timestampDate(expiresAt);
}
