import { randomUUID } from 'node:crypto';
import { routes } from '@dispatcher/gateway/rest/routes.ts';
import { expect, test } from 'vitest';
import { apiPath } from '../harness/api-path.ts';
import { createRestClient } from '../harness/rest-client.ts';
import { type Acme, useAcme } from '../harness/use-acme.ts';

/** Every route of the contract, as a request on a task that may not exist. */
const requests = routes.map(({ method, path, rpc, hasBody }) => ({
  method,
  rpc: rpc.name,
  path: path.slice(apiPath.length).replaceAll(/\{\w+\}/g, 'one'),
  hasBody,
}));

test('every route refuses a caller without a key, with a wrong one or with one that has expired', async () => {
  await using acme = await useAcme();
  const { data } = await acme.admin.createKey({
    organization_id: acme.organizationId,
    name: 'old',
    expires_at: new Date(Date.now() + 3_600_000).toISOString(),
  });
  await acme.services.pool.query("UPDATE api_keys SET expires_at = clock_timestamp() - interval '1 s' WHERE id = $1", [data.id]);
  const keys = [null, 'nonsense', `sk_live_${'a'.repeat(38)}`, acme.key.slice(0, -1), data.key ?? ''];
  for (const { method, path } of requests) {
    const answers = await Promise.all(keys.map((key) => createRestClient(acme.services.url, key).call(method, path)));
    expect(
      answers.map(({ status, error }) => `${status} ${error.code}`),
      `${method} ${path}`,
    ).toEqual(['401 missing_api_key', '401 invalid_api_key', '401 invalid_api_key', '401 invalid_api_key', '401 expired_api_key']);
  }
});

test('a key with one scope is refused where the other scope is needed', async () => {
  await using acme = await useAcme();
  const reader = createRestClient(acme.services.url, await acme.services.createKey(acme.organizationId, ['dispatcher:read']));
  const writer = createRestClient(acme.services.url, await acme.services.createKey(acme.organizationId, ['dispatcher:write']));
  const refused = (scope: string) => ({ status: 403, error: { code: 'insufficient_scopes', details: { scope } } });
  expect(await reader.create({ title: 'One' })).toMatchObject(refused('dispatcher:write'));
  expect(await reader.claimNext({ agent: 'ann' })).toMatchObject(refused('dispatcher:write'));
  expect(await reader.list()).toMatchObject({ status: 200 });
  expect(await writer.list()).toMatchObject(refused('dispatcher:read'));
  expect(await writer.stats()).toMatchObject(refused('dispatcher:read'));
  expect(await writer.create({ title: 'One' })).toMatchObject({ status: 201 });
});

test('every route with a body refuses one that is no JSON object, not JSON, or too large', async () => {
  await using acme = await useAcme();
  for (const { method, path } of requests.filter(({ hasBody }) => hasBody)) {
    const send = (body: string, headers = {}) => acme.admin.call(method, path, { body, headers });
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await send('{"title":')).toMatchObject({ status: 400, error: { code: 'invalid_json' } });
    expect(await send('[]')).toMatchObject({ status: 400, error: { code: 'invalid_argument', details: { field: 'body' } } });
    expect(await send('"text"')).toMatchObject({ status: 400, error: { code: 'invalid_argument', details: { field: 'body' } } });
    expect(await send('title=One', form)).toMatchObject({ status: 415, error: { code: 'unsupported_media_type' } });
    expect(await send(JSON.stringify({ notes: 'x'.repeat(256 * 1024) }))).toMatchObject({ status: 413, error: { code: 'body_too_large' } });
  }
});

test('an unknown path and a wrong method are 404 unknown_route', async () => {
  await using acme = await useAcme();
  for (const [method, path] of [
    ['GET', '/nothing'],
    ['PUT', '/tasks/one'],
    ['DELETE', '/tasks'],
    ['POST', '/stats'],
    ['GET', '/tasks/one/two/three'],
  ] as const) {
    for (const headers of [{}, { 'content-type': ';' }]) {
      expect(await acme.rest.call(method, path, { headers }), `${method} ${path}`).toMatchObject({
        status: 404,
        error: { type: 'not_found_error', code: 'unknown_route' },
      });
    }
  }
});

/** For each mutation: the body that it is sent with under a key, and another body that the same key then refuses. */
const keyed: Record<string, [object, object]> = {
  CreateTask: [{ title: 'Two' }, { title: 'Three' }],
  CreateTasks: [{ tasks: [{ title: 'Two' }, { title: 'Three' }] }, { tasks: [{ title: 'Two' }] }],
  UpdateTask: [{ title: 'Two' }, { title: 'Three' }],
  ClaimNextTask: [{ agent: 'ann' }, { agent: 'eve' }],
  ClaimNextTasks: [
    { agent: 'ann', max_tasks: 2 },
    { agent: 'eve', max_tasks: 2 },
  ],
  ClaimTask: [{ agent: 'ann' }, { agent: 'eve' }],
  CompleteTask: [{ notes: 'Done' }, { notes: 'Other' }],
  ReleaseTask: [{ notes: 'Back' }, { notes: 'Other' }],
  ArchiveTask: [{}, {}],
};

test('every mutation with an Idempotency-Key happens once, answers the same, and refuses another body', async () => {
  await using acme = await useAcme();
  // Ending several claims needs their tokens, so testing/system/rest/idempotency-keys.test.ts covers it.
  const ignoring = ['CreateKey', 'HeartbeatTask', 'HeartbeatTasks', 'CompleteTasks'];
  for (const { method, path, rpc } of requests.filter(({ method, rpc }) => ['POST', 'PATCH'].includes(method) && !ignoring.includes(rpc))) {
    await acme.services.pool.query('DELETE FROM tasks WHERE organization_id = $1', [acme.organizationId]);
    await acme.rest.create({ id: 'one', title: 'One' });
    if (rpc === 'CompleteTask' || rpc === 'ReleaseTask') await acme.rest.claim('one', { agent: 'ann' });
    const [body, other] = keyed[rpc] ?? [];
    const headers = { 'idempotency-key': randomUUID() };
    const first = await acme.rest.call(method, path, { body, headers });
    expect(first.status, rpc).toBeLessThan(300);
    const count = await countEvents(acme);
    const repeats = await Promise.all([1, 2].map(() => acme.rest.call(method, path, { body, headers })));
    for (const { status, text } of repeats) expect({ status, text }).toEqual({ status: first.status, text: first.text });
    const reused = { status: 422, error: { code: 'idempotency_key_reused' } };
    if (rpc !== 'ArchiveTask') expect(await acme.rest.call(method, path, { body: other, headers }), rpc).toMatchObject(reused);
    expect(await countEvents(acme), rpc).toBe(count);
  }
});

async function countEvents({ services, organizationId }: Acme): Promise<number | null> {
  return (await services.pool.query('SELECT FROM task_events WHERE organization_id = $1', [organizationId])).rowCount;
}

test('simultaneous requests with one Idempotency-Key have one effect and one answer', async () => {
  await using acme = await useAcme();
  for (let i = 0; i < 20; i++) await acme.rest.create({ title: 'One' });
  const headers = { 'idempotency-key': randomUUID() };
  const answers = await Promise.all(Array.from({ length: 16 }, () => acme.rest.claimNext({ agent: 'ann' }, headers)));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect((await acme.rest.claims()).data).toHaveLength(1);
});

test('an Idempotency-Key that is empty, too long or not ASCII is refused', async () => {
  await using acme = await useAcme();
  for (const key of ['', 'x'.repeat(201), 'cl\u00e9']) {
    const answer = await acme.rest.call('POST', '/tasks', { body: { title: 'One' }, headers: { 'idempotency-key': key } });
    expect(answer, key).toMatchObject({ status: 400, error: { code: 'invalid_argument', details: { field: 'Idempotency-Key' } } });
  }
});
