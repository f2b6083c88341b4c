import { asAdmin, useKeys, withKey } from '@dispatcher/testing/services/use-keys.ts';
import { expect, test } from 'vitest';

test('the admin has no key id and no organization, and every scope', async () => {
  await using keys = await useKeys();
  const { data } = await keys.client.getCaller({}, asAdmin);
  expect(data).toMatchObject({ name: 'admin', scopes: ['admin', 'dispatcher:read', 'dispatcher:write'] });
  expect([data?.keyId, data?.organizationId]).toEqual([undefined, undefined]);
});

test('a key that was never created is refused', async () => {
  await using keys = await useKeys();
  await expect(keys.client.getCaller({}, withKey('sk_live_unknown'))).rejects.toMatchObject({ reason: 'invalid_api_key' });
  await expect(keys.client.getCaller({})).rejects.toMatchObject({ reason: 'missing_api_key' });
});

test('a key with only the write scope can ask who it is, because a gateway asks with it', async () => {
  await using keys = await useKeys();
  const { data } = await keys.client.createKey({ organizationId: 'acme', name: 'writer', scopes: ['dispatcher:write'] }, asAdmin);
  const answer = await keys.client.getCaller({}, withKey(data?.key));
  expect(answer.data).toMatchObject({ organizationId: 'acme', scopes: ['dispatcher:write'] });
});
