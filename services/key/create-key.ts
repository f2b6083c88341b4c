import { randomBytes } from 'node:crypto';
import type { Database } from '@dispatcher/database/connection/database.ts';
import { ApiKey, type ApiKeyRow, Organization } from '@dispatcher/database/entities/api-key.ts';
import { createApiKey, digestOfKey } from '@dispatcher/kit/auth/api-key.ts';
import { invalidField } from '@dispatcher/kit/serving/errors.ts';

/** The key to create. */
export interface NewKey {
  organizationId: string;
  /** A name for people. */
  name: string;
  /** Read and write when absent. */
  scopes?: readonly string[];
  /** When the key expires. It never does when absent. */
  expiresAt?: Date;
}

const allScopes = ['dispatcher:read', 'dispatcher:write'];

/**
 * Creates a key, and its organization when that does not exist. Only this answer has the secret: the database stores
 * its digest. Fails when `expiresAt` has passed.
 */
export async function createKey(
  { orm }: Database,
  { organizationId, name, scopes = allScopes, expiresAt }: NewKey,
): Promise<{ row: ApiKeyRow; key: string }> {
  const key = createApiKey();
  const id = `key_${randomBytes(12).toString('hex')}`;
  const row = await orm.em.fork().transactional(async (em) => {
    if (expiresAt && !(await liesAhead(em, expiresAt))) throw invalidField('expires_at', 'must lie in the future');
    await em.upsert(Organization, { id: organizationId }, { onConflictFields: ['id'], onConflictAction: 'ignore' });
    await em.insert(ApiKey, { id, organizationId, name, scopes: [...scopes], digest: digestOfKey(key), expiresAt: expiresAt ?? null });
    return await em.findOneOrFail(ApiKey, { id });
  });
  return { row, key };
}

/** Compares with the clock of the database, which also decides when the key expires. */
async function liesAhead(em: Database['orm']['em'], time: Date): Promise<boolean> {
  const [answer] = await em.execute<{ ahead: boolean }[]>('SELECT ?::timestamptz > clock_timestamp() AS ahead', [time]);
  return answer?.ahead === true;
}
