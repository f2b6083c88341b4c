import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { ApiKeyRow } from '@dispatcher/database/entities/api-key.ts';
import { type Key, KeySchema } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';

/** Converts a row of `api_keys` to the message. The message has the secret only when `key` is given. */
export function keyFromRow(row: ApiKeyRow, key?: string): Key {
  return create(KeySchema, {
    id: row.id,
    organizationId: row.organizationId,
    name: row.name,
    scopes: row.scopes,
    key,
    createdAt: timestampFromDate(row.createdAt),
    expiresAt: row.expiresAt ? timestampFromDate(row.expiresAt) : undefined,
    revokedAt: row.revokedAt ? timestampFromDate(row.revokedAt) : undefined,
  });
}
