import type { ServiceImpl } from '@connectrpc/connect';
import type { Database } from '@dispatcher/database/connection/database.ts';
import { ApiKey, type ApiKeyRow } from '@dispatcher/database/entities/api-key.ts';
import { cursorPart, type PageWanted, pageOf, pageWanted } from '@dispatcher/database/page.ts';
import { raw } from '@mikro-orm/core';
import type { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import type { KeyDependencies } from '../dependencies.ts';
import { keyFromRow } from '../key-message.ts';

/** The keys, newest first, including those that are revoked or expired. */
export function listKeys({ database }: KeyDependencies): ServiceImpl<typeof KeyService>['listKeys'] {
  return async (request) => {
    const wanted = pageWanted(request, [cursorPart.integer, cursorPart.text]);
    const keys = await selectKeys(database, request.organizationId, wanted);
    const { rows, meta } = pageOf(keys, wanted, (key) => [key.createdAtMicros, key.id]);
    return { data: rows.map((row) => keyFromRow(row)), meta };
  };
}

/** A key in the list, with its creation time in microseconds since 1970, because a Date has only milliseconds. */
interface ListedKey extends ApiKeyRow {
  createdAtMicros: string;
}

/** Reads the index `api_keys_newest` in its order. */
async function selectKeys({ orm }: Database, organizationId: string | undefined, { limit, offset, after }: PageWanted): Promise<ListedKey[]> {
  const query = orm.em
    .fork()
    .createQueryBuilder(ApiKey, 'k')
    .select(['*', raw('(extract(epoch FROM k.created_at) * 1000000)::bigint::text').as('createdAtMicros')])
    .orderBy([{ createdAt: 'desc' }, { id: 'asc' }])
    .limit(limit + 1)
    .offset(offset);
  if (organizationId !== undefined) query.andWhere({ organizationId });
  if (after) query.andWhere({ [later(after)]: [] });
  return await query.execute<ListedKey[]>('all');
}

function later([createdAtMicros, id]: string[]) {
  const createdAt = "(timestamptz 'epoch' + ?::bigint * interval '1 microsecond')";
  return raw(`k.created_at <= ${createdAt} AND (k.created_at < ${createdAt} OR k.id > ?)`, [createdAtMicros, createdAtMicros, id]);
}
