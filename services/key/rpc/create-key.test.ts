import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { digestOfKey, isApiKey } from '@dispatcher/kit/auth/api-key.ts';
import { asAdmin, type TestKeys, useKeys, withKey } from '@dispatcher/testing/services/use-keys.ts';
import { expect, test } from 'vitest';

/** A time by the clock of the database. */
async function databaseTime({ query }: TestKeys, offset: string) {
  const [row] = await query<{ at: Date }>('SELECT clock_timestamp() + $1::interval AS at', [offset]);
  return timestampFromDate(row?.at ?? new Date());
}

test('a new key works for its organization at once, with both scopes unless the request names fewer', async () => {
  await using keys = await useKeys();
  const { data } = await keys.client.createKey({ organizationId: 'acme', name: 'laptop' }, asAdmin);
  expect(isApiKey(data?.key ?? '')).toBe(true);
  const caller = { keyId: data?.id, organizationId: 'acme', name: 'laptop', scopes: ['dispatcher:read', 'dispatcher:write'] };
  expect((await keys.client.getCaller({}, withKey(data?.key))).data).toMatchObject(caller);
  const reader = await keys.client.createKey({ organizationId: 'acme', name: 'reader', scopes: ['dispatcher:read'] }, asAdmin);
  expect((await keys.client.getCaller({}, withKey(reader.data?.key))).data?.scopes).toEqual(['dispatcher:read']);
});

test('only this answer has the secret, and the database has its digest', async () => {
  await using keys = await useKeys();
  const { data } = await keys.client.createKey({ organizationId: 'acme', name: 'laptop' }, asAdmin);
  const [row] = await keys.query<{ digest: Buffer; text: string }>('SELECT digest, api_keys::text AS text FROM api_keys');
  expect(row?.digest.equals(digestOfKey(data?.key ?? ''))).toBe(true);
  expect(row?.text).not.toContain(data?.key);
  const [listed] = (await keys.client.listKeys({}, asAdmin)).data;
  expect(listed).toMatchObject({ id: data?.id, name: 'laptop' });
  expect(listed?.key).toBeUndefined();
});

test('the organization exists from its first key, also when several are made at once', async () => {
  await using keys = await useKeys();
  const names = Array.from({ length: 8 }, (_, i) => `key ${i}`);
  const made = await Promise.all(names.map((name) => keys.client.createKey({ organizationId: 'acme', name }, asAdmin)));
  expect(new Set(made.map(({ data }) => data?.key)).size).toBe(names.length);
  expect(await keys.query('SELECT id FROM organizations')).toEqual([{ id: 'acme' }]);
});

test('a key expires at its time, by the clock of the database', async () => {
  await using keys = await useKeys();
  const expiresAt = await databaseTime(keys, '1 hour');
  const { data } = await keys.client.createKey({ organizationId: 'acme', name: 'guest', expiresAt }, asAdmin);
  expect(data?.expiresAt).toEqual(expiresAt);
  await keys.query("UPDATE api_keys SET expires_at = clock_timestamp() - interval '1 microsecond'");
  await expect(keys.client.getCaller({}, withKey(data?.key))).rejects.toMatchObject({ reason: 'expired_api_key' });
});

test('an expiry in the past, or outside the calendar, is refused by the name of the field and creates nothing', async () => {
  await using keys = await useKeys();
  const past = await databaseTime(keys, '-1 second');
  const seconds = [past.seconds, 0n, -1n, -(2n ** 63n), 253_402_300_800n, 2n ** 63n - 1n];
  for (const second of seconds) {
    const refused = keys.client.createKey({ organizationId: 'acme', name: 'guest', expiresAt: { seconds: second, nanos: 0 } }, asAdmin);
    await expect(refused).rejects.toMatchObject({ reason: 'invalid_argument', info: { field: 'expires_at' } });
  }
  for (const nanos of [-1, 1_000_000_000]) {
    const refused = keys.client.createKey({ organizationId: 'acme', name: 'guest', expiresAt: { seconds: past.seconds + 60n, nanos } }, asAdmin);
    await expect(refused).rejects.toMatchObject({ reason: 'invalid_argument', info: { field: 'expires_at' } });
  }
  expect(await keys.query('SELECT FROM organizations')).toEqual([]);
});

test('a key can expire at the last instant that a timestamp can have', async () => {
  await using keys = await useKeys();
  const expiresAt = { seconds: 253_402_300_799n, nanos: 999_999_999 };
  const { data } = await keys.client.createKey({ organizationId: 'acme', name: 'guest', expiresAt }, asAdmin);
  expect(data?.expiresAt).toMatchObject({ seconds: expiresAt.seconds, nanos: 999_000_000 });
});

test('only the admin key manages keys', async () => {
  await using keys = await useKeys();
  const { data } = await keys.client.createKey({ organizationId: 'acme', name: 'laptop' }, asAdmin);
  const key = withKey(data?.key);
  const attempts = [
    keys.client.createKey({ organizationId: 'acme', name: 'another' }, key),
    keys.client.listKeys({}, key),
    keys.client.revokeKey({ keyId: data?.id ?? '' }, key),
  ];
  for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ reason: 'forbidden' });
  expect(await keys.query('SELECT FROM api_keys WHERE revoked_at IS NULL')).toHaveLength(1);
});
