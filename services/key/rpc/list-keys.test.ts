import { asAdmin, type TestKeys, useKeys } from '@dispatcher/testing/services/use-keys.ts';
import { array, assert, asyncProperty, constantFrom, integer, nat, record } from 'fast-check';
import { expect, test } from 'vitest';

// Times that differ by microseconds or not at all.
const row = record({ organization: constantFrom('acme', 'globex'), micros: nat(3) });

test('the pages together have all keys of one organization or of all, newest first', async () => {
  await using keys = await useKeys();
  await keys.query("INSERT INTO organizations (id) VALUES ('acme'), ('globex')");
  await assert(
    asyncProperty(array(row, { maxLength: 20 }), integer({ min: 1, max: 6 }), constantFrom(undefined, 'acme'), async (rows, limit, organization) => {
      await keys.query('TRUNCATE api_keys');
      await keys.query(insertRowsSql, [JSON.stringify(rows)]);
      const whole = await keys.query<{ id: string }>(wholeListSql, [organization ?? null]);
      expect(await byCursor(keys, limit, organization)).toEqual(whole.map(({ id }) => id));
    }),
    { numRuns: 30 },
  );
});

const insertRowsSql = `
INSERT INTO api_keys (id, organization_id, name, scopes, digest, created_at)
SELECT 'key_' || (n * 7 % 23), r.organization, 'test', '{dispatcher:read}', n::text::bytea, timestamptz '2026-01-20' + r.micros * interval '1 microsecond'
FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS given (item, n)
CROSS JOIN LATERAL jsonb_to_record(given.item) AS r (organization text, micros integer)`;

const wholeListSql = 'SELECT id FROM api_keys WHERE $1::text IS NULL OR organization_id = $1 ORDER BY created_at DESC, id';

async function byCursor(keys: TestKeys, limit: number, organizationId: string | undefined): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const request = { limit, ...(organizationId !== undefined && { organizationId }), ...(cursor !== undefined && { cursor }) };
    const { data, meta } = await keys.client.listKeys(request, asAdmin);
    found.push(...data.map(({ id }) => id));
    cursor = meta?.nextCursor;
  } while (cursor !== undefined);
  return found;
}

test('an invented cursor is refused', async () => {
  await using keys = await useKeys();
  for (const parts of [['1'], ['-1', 'key_1'], ['9'.repeat(30), 'key_1'], [1, 2], null]) {
    const cursor = Buffer.from(JSON.stringify(parts)).toString('base64url');
    await expect(keys.client.listKeys({ cursor }, asAdmin)).rejects.toMatchObject({ reason: 'invalid_argument', info: { field: 'cursor' } });
  }
});
