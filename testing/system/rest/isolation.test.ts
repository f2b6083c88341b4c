import { array, assert, asyncProperty, constantFrom, option, record } from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOf, routesById, routesWithoutId, send } from '../harness/isolated-request.ts';
import { useStream } from '../harness/use-stream.ts';
import { secret, type TwoOrganizations, useTwoOrganizations } from '../harness/use-two-organizations.ts';

test('every route gives the same bytes for an id of another organization as for an unknown id', async () => {
  await using both = await useTwoOrganizations();
  const before = await both.readAcme();
  expect(routesById.length).toBeGreaterThan(8);
  const keyIds = (await both.admin.call<{ id: string }[]>('GET', `/keys?organization_id=${both.organizationId}`)).data.map(({ id }) => id);
  for (const route of routesById) {
    const tokens: Record<string, string>[] = route.rpc.input.field.claimToken ? [{}, { claim_token: both.claimToken }] : [{}];
    for (const id of [...both.taskIds, ...keyIds]) {
      for (const extra of tokens) {
        const answer = await send(both.beta, route, id, extra);
        const unknown = await send(both.beta, route, 'nobody-has-this', extra);
        expect(bytesOf(answer), `${route.method} ${route.path} ${id}`).toBe(bytesOf(unknown));
        expect(answer.status).toBe(route.path.includes('/keys/') ? 403 : 404);
      }
    }
  }
  expect(await both.readAcme()).toBe(before);
});

test('lists, counts, claims and claim-next show no data of another organization, for any filter', async () => {
  await using both = await useTwoOrganizations();
  const before = await both.readAcme();
  // The answer to a creation contains only what its own caller sent.
  for (const route of routesWithoutId.filter(({ status }) => status === 200)) {
    const filters = route.rpc.input.fields.filter(({ name }) => ['owner', 'project', 'milestone'].includes(name));
    for (const { name } of filters) {
      const answer = await send(both.beta, route, '', { [name]: secret });
      expect(answer.text, `${route.path} by ${name}`).toMatch(/^\{"data":(null|\[\])/);
    }
    expect((await send(both.beta, route, '')).text, route.path).not.toContain(secret);
  }
  expect((await both.beta.claims(`?agent=${secret}-agent`)).data).toEqual([]);
  const { data } = await both.beta.stats();
  expect(Object.keys(data.byOwner)).toEqual(['unassigned']);
  expect(Object.values(data.byStatus).reduce((sum, count) => sum + count)).toBe((await both.beta.list('?limit=200')).data.length);
  expect(await both.readAcme()).toBe(before);
});

test('claim-next hands out no task of another organization, for any stage', async () => {
  await using both = await useTwoOrganizations();
  const taken: string[] = [];
  for (let next = await both.beta.claimNext({ agent: 'intruder' }); next.data; next = await both.beta.claimNext({ agent: 'intruder' }))
    taken.push(next.data.task.id);
  expect(taken).toEqual(['own-one', 'own-two', 'own-three']);
  expect((await both.beta.claimNext({ agent: 'intruder', stage: 'merge' })).data).toBeNull();
});

test('a request that names another organization is a 403 with the same bytes whether it exists or not', async () => {
  await using both = await useTwoOrganizations();
  const before = await both.readAcme();
  const naming = [...routesById, ...routesWithoutId].filter(({ rpc }) => rpc.input.field.organizationId);
  for (const route of naming) {
    for (const id of ['own-one', `${secret}-claimed`, 'nobody-has-this']) {
      const answer = await send(both.beta, route, id, { organization_id: both.organizationId });
      expect(answer, `${route.method} ${route.path}`).toMatchObject({ status: 403, error: { code: 'forbidden' } });
      expect(bytesOf(answer)).toBe(bytesOf(await send(both.beta, route, id, { organization_id: 'nobody' })));
    }
  }
  expect(await both.beta.call('GET', `/stream?organization_id=${both.organizationId}`)).toMatchObject({ status: 403, error: { code: 'forbidden' } });
  expect(await both.readAcme()).toBe(before);
});

test('two organizations can use the same task id', async () => {
  await using both = await useTwoOrganizations();
  const made = await both.beta.create({ id: `${secret}-pending`, title: 'Ours' });
  expect(made).toMatchObject({ status: 201, data: { organization_id: both.betaId, title: 'Ours', created_by: 'key:test' } });
  expect((await both.beta.get(`${secret}-pending`)).data.title).toBe('Ours');
  expect((await both.rest.get(`${secret}-pending`)).data.title).toBe(secret);
  expect((await both.beta.activity(`${secret}-pending`)).data).toHaveLength(1);
});

test("another organization's cursor shows only the caller's own list", async () => {
  await using both = await useTwoOrganizations();
  await both.rest.claimNext({ agent: `${secret}-agent` });
  const pages = [`/tasks/${secret}-merge/activity`, '/tasks', '/claims'];
  for (const path of pages) {
    const { meta } = await both.rest.call('GET', `${path}?limit=1`);
    expect(meta.next_cursor, path).toBeDefined();
    for (const own of [...pages.slice(1), '/tasks/own-one/activity', `/tasks/${secret}-merge/activity`]) {
      expect((await both.beta.call('GET', `${own}?cursor=${meta.next_cursor}`)).text, own).not.toContain(secret);
    }
  }
});

test('an Idempotency-Key that another organization has used counts as unused', async () => {
  await using both = await useTwoOrganizations();
  const headers = { 'idempotency-key': 'the-same' };
  const body = { title: 'Mine' };
  const acme = await both.rest.call<{ id: string }>('POST', '/tasks', { body, headers });
  const beta = await both.beta.call<{ id: string }>('POST', '/tasks', { body, headers });
  expect(beta).toMatchObject({ status: 201, data: { organization_id: both.betaId } });
  expect(beta.data.id).not.toBe(acme.data.id);
  await both.rest.claimNext({ agent: 'ann' }, { 'idempotency-key': 'claimed' });
  expect((await both.beta.claimNext({ agent: 'ann' }, { 'idempotency-key': 'claimed' })).text).not.toContain(secret);
});

test('a stream shows no data of another organization, from any position', async () => {
  await using both = await useTwoOrganizations();
  const { url } = both.services;
  await using streams = new AsyncDisposableStack();
  const headers = ['0', '1', '5'].map((position) => ({ 'last-event-id': position }));
  const opened = await Promise.all([
    useStream(url, both.betaKey),
    useStream(url, both.betaKey, '?after=0&types=task.created,task.claimed,task.updated'),
    ...headers.map((header) => useStream(url, both.betaKey, '', header)),
  ]);
  for (const stream of opened) streams.use(stream);
  await both.rest.update(`${secret}-pending`, { title: `${secret} again` });
  await both.rest.claim(`${secret}-pending`, { agent: `${secret}-agent` });
  await both.beta.update('own-one', { title: 'The last' });
  await Promise.all(opened.map((stream, i) => stream.received(i === 0 ? 1 : 4)));
  for (const stream of opened) {
    expect(stream.text()).not.toContain(secret);
    expect(stream.messages().at(-1)).toMatchObject({ event: 'task.updated', data: { organization_id: both.betaId, task: { title: 'The last' } } });
  }
});

test('random mixes of routes, ids, tokens and headers do not tell an id of another organization from an unknown one', async () => {
  await using both = await useTwoOrganizations();
  const before = await both.readAcme();
  await assert(
    asyncProperty(array(mixOf(both), { minLength: 1, maxLength: 6 }), async (mixes) => {
      for (const { route, id, extra, headers } of mixes) {
        const answer = await send(both.beta, route, id, extra, headers);
        expect(bytesOf(answer)).toBe(bytesOf(await send(both.beta, route, 'nobody-has-this', extra, headers)));
      }
    }),
    { numRuns: 60 },
  );
  expect(await both.readAcme()).toBe(before);
});

/**
 * A request of an intruder that knows acme's ids, tokens and names. It also tries headers that some other systems
 * trust.
 */
function mixOf({ taskIds, claimToken, key, organizationId, betaId }: TwoOrganizations) {
  const none: Record<string, string> = {};
  return record({
    route: constantFrom(...routesById),
    id: constantFrom(...taskIds),
    extra: option(
      constantFrom<Record<string, string>[]>(
        { organization_id: betaId },
        { organization_id: organizationId },
        { claim_token: claimToken },
        { agent: `${secret}-agent` },
      ),
      { nil: none },
    ),
    headers: option(
      constantFrom<Record<string, string>[]>(
        { 'x-organization-id': organizationId },
        { 'organization-id': organizationId, 'x-forwarded-user': 'admin' },
        { 'x-api-key': key },
        { cookie: `authorization=Bearer ${key}` },
        { 'x-caller': 'admin', 'caller-organization': organizationId },
        { 'last-event-id': '0' },
        { 'idempotency-key': 'the-same' },
      ),
      { nil: none },
    ),
  });
}
