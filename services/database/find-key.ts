import type { ResolveKey } from '@dispatcher/kit/auth/authentication.ts';
import { errorFromDatabase } from './connection/errors.ts';
import type { Pool } from './connection/pool.ts';

/**
 * Looks up an API key by its digest. The clock of the database decides whether the key has expired. The gateway uses
 * this too, so a failure is already converted to one of the error table.
 */
export function createResolveKey(pool: Pool): ResolveKey {
  return async (digest) => {
    const { rows } = await pool.query<KeyRow>({ name: 'find-key', text: sql, values: [digest] }).catch((thrown: unknown) => {
      throw errorFromDatabase(thrown);
    });
    const row = rows[0];
    if (!row) return null;
    const caller = { keyId: row.id, organizationId: row.organizationId, name: row.name, scopes: new Set(row.scopes) };
    return { caller, expiresAt: row.expiresAt, now: row.now };
  };
}

interface KeyRow {
  id: string;
  organizationId: string;
  name: string;
  scopes: string[];
  expiresAt: Date | null;
  now: Date;
}

const sql = `
SELECT id, organization_id AS "organizationId", name, scopes, expires_at AS "expiresAt", clock_timestamp() AS now
FROM api_keys WHERE digest = $1 AND revoked_at IS NULL`;
