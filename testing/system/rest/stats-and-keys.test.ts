import { expect, test } from 'vitest';
import { createRestClient } from '../harness/rest-client.ts';
import { time } from '../harness/task-shape.ts';
import { useAcme } from '../harness/use-acme.ts';

test('GET /stats counts by status, owner and layer; tasks without one count as unassigned', async () => {
  await using acme = await useAcme();
  const empty = { byStatus: { pending: 0, claimed: 0, done: 0 }, byOwner: {}, byLayer: {} };
  expect(await acme.rest.stats()).toMatchObject({ status: 200 });
  expect((await acme.rest.stats()).data).toEqual(empty);
  await acme.rest.create({ id: 'one', title: 'One', owner: 'bill', layer: 'core' });
  await acme.rest.create({ id: 'two', title: 'Two', owner: '__proto__' });
  await acme.rest.create({ id: 'three', title: 'Three', layer: 'ops' });
  await acme.rest.claim('one', { agent: 'ann' });
  await acme.rest.claim('three', { agent: 'ann' });
  await acme.rest.done('three', {});
  expect(JSON.parse((await acme.rest.stats()).text)).toEqual({
    data: {
      byStatus: { pending: 1, claimed: 1, done: 1 },
      byOwner: JSON.parse('{"bill":1,"__proto__":1,"unassigned":1}') as unknown,
      byLayer: { core: 1, ops: 1, unassigned: 1 },
    },
  });
});

test('POST /keys answers 201 with the key, which works at once and is shown once', async () => {
  await using acme = await useAcme();
  const made = await acme.admin.createKey({ organization_id: acme.organizationId, name: 'ci' });
  expect(made.status).toBe(201);
  expect(made.data).toEqual({
    id: expect.any(String),
    organization_id: acme.organizationId,
    name: 'ci',
    scopes: ['dispatcher:read', 'dispatcher:write'],
    key: expect.stringMatching(/^sk_live_[0-9A-Za-z]{38}$/),
    created_at: time,
    expires_at: null,
    revoked_at: null,
  });
  expect((await createRestClient(acme.services.url, made.data.key ?? '').create({ title: 'One' })).data.created_by).toBe('key:ci');
  const listed = await acme.admin.call('GET', `/keys?organization_id=${acme.organizationId}`);
  expect(listed.text).not.toContain('sk_live_');
});

test('GET /keys answers all keys, or those of one organization, in pages, newest first', async () => {
  await using acme = await useAcme({ alone: true });
  for (const name of ['a', 'b', 'c']) await acme.admin.createKey({ organization_id: 'beta', name });
  const names = async (query: string) => (await acme.admin.call<{ name: string }[]>('GET', `/keys${query}`)).data.map(({ name }) => name);
  expect(await names('')).toEqual(['c', 'b', 'a', 'test']);
  expect(await names('?organization_id=beta&limit=2')).toEqual(['c', 'b']);
  const { meta } = await acme.admin.call('GET', '/keys?limit=2');
  expect(meta).toEqual({ limit: 2, offset: 0, has_more: true, next_cursor: expect.any(String) });
  expect(await names(`?limit=2&cursor=${meta.next_cursor}`)).toEqual(['a', 'test']);
});

test('DELETE /keys/:keyId answers the revoked key, and revoking again changes nothing', async () => {
  await using acme = await useAcme();
  const { data } = await acme.admin.createKey({ organization_id: acme.organizationId, name: 'ci' });
  const revoked = await acme.admin.call('DELETE', `/keys/${data.id}`);
  const { key: _secret, ...shown } = data;
  expect(revoked).toMatchObject({ status: 200 });
  expect(revoked.data).toEqual({ ...shown, revoked_at: time });
  expect((await acme.admin.call('DELETE', `/keys/${data.id}`)).text).toBe(revoked.text);
  expect(await acme.admin.call('DELETE', '/keys/nothing')).toMatchObject({ status: 404, error: { code: 'not_found' } });
});

test('/keys refuses invalid requests, and every caller except the admin', async () => {
  await using acme = await useAcme();
  const refused: [object, string][] = [
    [{ name: 'ci' }, 'organization_id'],
    [{ organization_id: 'Not A Slug', name: 'ci' }, 'organization_id'],
    [{ organization_id: acme.organizationId }, 'name'],
    [{ organization_id: acme.organizationId, name: 'ci', scopes: ['admin'] }, 'scopes'],
    [{ organization_id: acme.organizationId, name: 'ci', expires_at: 'tomorrow' }, 'expires_at'],
    [{ organization_id: acme.organizationId, name: 'ci', expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
  ];
  for (const [body, field] of refused) {
    const answer = await acme.admin.createKey(body);
    expect(answer, JSON.stringify(body)).toMatchObject({ status: 400, error: { code: 'invalid_argument' } });
    expect(answer.error.details?.field).toContain(field);
  }
  for (const [method, path] of [
    ['GET', '/keys'],
    ['POST', '/keys'],
    ['DELETE', '/keys/one'],
  ] as const) {
    expect(
      await acme.rest.call(method, path, method === 'POST' ? { body: { organization_id: acme.organizationId, name: 'mine' } } : {}),
    ).toMatchObject({
      status: 403,
      error: { code: 'forbidden' },
    });
  }
});

test('the admin sees all organizations or the one it names, and must name one to create a task', async () => {
  await using acme = await useAcme({ alone: true });
  await acme.services.createKey('beta');
  expect(await acme.admin.create({ title: 'One' })).toMatchObject({ status: 400, error: { details: { field: 'organization_id' } } });
  expect(await acme.admin.create({ title: 'One', organization_id: 'nobody' })).toMatchObject({
    status: 400,
    error: { details: { field: 'organization_id' } },
  });
  await acme.admin.create({ id: 'one', title: 'One', organization_id: acme.organizationId });
  await acme.admin.create({ id: 'one', title: 'One', organization_id: 'beta' });
  await acme.admin.create({ id: 'two', title: 'Two', organization_id: 'beta' });
  expect((await acme.admin.list()).data).toHaveLength(3);
  expect((await acme.admin.list('?organization_id=beta')).data).toHaveLength(2);
  expect((await acme.admin.stats()).data.byStatus).toMatchObject({ pending: 3 });
  expect((await acme.admin.stats(`?organization_id=${acme.organizationId}`)).data.byStatus).toMatchObject({ pending: 1 });
  expect((await acme.admin.get('two')).data.created_by).toBe('admin');
  expect(await acme.admin.get('one')).toMatchObject({ status: 409, error: { code: 'ambiguous_id', details: { field: 'organization_id' } } });
  expect((await acme.admin.call('GET', '/tasks/one?organization_id=beta')).data).toMatchObject({ organization_id: 'beta' });
  expect((await acme.admin.claim('one', { agent: 'ann', organization_id: 'beta' })).data.claim).toMatchObject({ organization_id: 'beta' });
});

test('/healthz and /readyz answer without a key', async () => {
  await using acme = await useAcme();
  for (const [path, body] of [
    ['/healthz', { status: 'ok' }],
    ['/readyz', { status: 'ready', failing: [] }],
  ] as const) {
    const response = await fetch(acme.services.url + path);
    expect(response.status, path).toBe(200);
    expect(await response.json()).toEqual(body);
  }
});
