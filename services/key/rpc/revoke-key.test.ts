import { asAdmin, useKeys, withKey } from '@dispatcher/testing/services/use-keys.ts';
import { expect, test, vi } from 'vitest';

test('a revoked key is refused within a second', async () => {
  await using keys = await useKeys();
  const { data } = await keys.client.createKey({ organizationId: 'acme', name: 'laptop' }, asAdmin);
  await keys.client.getCaller({}, withKey(data?.key));
  await keys.client.revokeKey({ keyId: data?.id ?? '' }, asAdmin);
  const refused = () => expect(keys.client.getCaller({}, withKey(data?.key))).rejects.toMatchObject({ reason: 'invalid_api_key' });
  await vi.waitFor(refused, { timeout: 1_000, interval: 20 });
});

test('a key that is revoked twice keeps the time of the first revocation', async () => {
  await using keys = await useKeys();
  const { data } = await keys.client.createKey({ organizationId: 'acme', name: 'laptop' }, asAdmin);
  const first = await keys.client.revokeKey({ keyId: data?.id ?? '' }, asAdmin);
  expect(first.data?.revokedAt).toBeDefined();
  expect((await keys.client.revokeKey({ keyId: data?.id ?? '' }, asAdmin)).data).toEqual(first.data);
  expect((await keys.client.listKeys({}, asAdmin)).data).toEqual([first.data]);
});

test('an unknown key is not found, and no other key is revoked', async () => {
  await using keys = await useKeys();
  await keys.client.createKey({ organizationId: 'acme', name: 'laptop' }, asAdmin);
  await expect(keys.client.revokeKey({ keyId: 'key_unknown' }, asAdmin)).rejects.toMatchObject({ reason: 'not_found' });
  expect(await keys.query('SELECT FROM api_keys WHERE revoked_at IS NULL')).toHaveLength(1);
});
