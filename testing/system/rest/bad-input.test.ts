import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { routes } from '@dispatcher/gateway/rest/routes.ts';
import { assert, asyncProperty, constantFrom, jsonValue, oneof, string, webQueryParameters } from 'fast-check';
import { expect, test } from 'vitest';
import { apiPath } from '../harness/api-path.ts';
import { requiredFields, routesById } from '../harness/isolated-request.ts';
import { createRestClient, type RestAnswer } from '../harness/rest-client.ts';
import { type Acme, useAcme } from '../harness/use-acme.ts';

const pathOf = (path: string, id = 'one') => path.slice(apiPath.length).replaceAll(/\{\w+\}/g, id);
const withBody = routes.filter(({ hasBody }) => hasBody);
const withQuery = routes.filter(({ hasBody, method }) => !hasBody && method === 'GET');

/** Values that are invalid for every field of a kind, as JSON text. */
function wrongValues({ fieldKind, scalar, message }: DescField): string[] {
  const never = ['{}', '{"a":{"b":[]}}', '[[[]]]', '{"__proto__":{"a":1}}', '"\\u0000"', '"\\ud800"', '"a\\udfffb"'];
  if (fieldKind === 'list') return [...never, '"text"', '7', 'true', '[7]', '[null]', '["\\u0000"]', '["\\ud800"]', '["",""]'];
  if (message) return [...never, '7', 'true', '"soon"', '"2030-02-30T00:00:00Z"', '"+099999-01-01T00:00:00Z"', '[]'];
  if (scalar === ScalarType.STRING) return [...never, '7', 'true', '[]', '1e400', `"${'x'.repeat(70_000)}"`];
  if (scalar === ScalarType.BOOL) return [...never, '7', '"true"', '[]', '0'];
  return [...never, '"7"', 'true', '[]', '1e400', '-1e400', '1e308', '-1', '-2147483649', '99999999999999999999', '2147483648'];
}

test('a wrong value in any field of any body, and of any object in it, is a 4xx that names the field', async () => {
  await using acme = await useAcme();
  await acme.admin.create({ id: 'one', title: 'One', organization_id: acme.organizationId });
  const before = await standing(acme);
  for (const { method, path, rpc, pathFields } of withBody) {
    for (const { place, body } of wrongBodies(rpc.input, pathFields)) {
      const answer = await acme.admin.call(method, pathOf(path), { body });
      expect(answer, `${path} ${body.slice(0, 100)}`).toMatchObject({ status: 400, error: { code: 'invalid_argument' } });
      expect(answer.error.details?.field?.replace(/(\[\d+\])?$/, ''), body.slice(0, 100)).toBe(place);
    }
  }
  expect(await standing(acme)).toBe(before);
});

/** Bodies with one wrong field, and the path of that field. */
function* wrongBodies(input: DescMessage, besides: readonly DescField[] = []): Generator<{ place: string; body: string }> {
  for (const field of input.fields.filter((one) => !besides.includes(one) && one.name !== 'update_mask')) {
    const { [field.jsonName]: _left, ...others } = requiredFields(input, besides);
    const bodyWith = (value: string) =>
      `{"${field.jsonName}":${value}${JSON.stringify(others)
        .replace(/^\{(?!\})/, ',')
        .replace(/^\{\}$/, '}')}`;
    for (const value of wrongValues(field)) yield { place: field.jsonName, body: bodyWith(value) };
    if (field.fieldKind !== 'list' || !field.message) continue;
    for (const { place, body } of wrongBodies(field.message)) yield { place: `${field.jsonName}[0].${place}`, body: bodyWith(`[${body}]`) };
  }
}

async function standing({ services, organizationId }: Acme): Promise<string> {
  const statement = "SELECT * FROM tasks WHERE organization_id = $1 AND title <> 'intruder' ORDER BY id";
  return JSON.stringify((await services.pool.query(statement, [organizationId])).rows);
}

test('a malformed body is a 4xx: unknown fields, __proto__, depth, junk, other encodings', async () => {
  await using acme = await useAcme();
  const deep = (open: string, close: string, n: number) => open.repeat(n) + close.repeat(n);
  const bodies = [
    '{"__proto__":{"title":"One"}}',
    '{"constructor":{"prototype":{"title":"One"}}}',
    '{"toString":1}',
    '{"":1}',
    `{"${'x'.repeat(10_000)}":1}`,
    '{"title\\u0000":1}',
    '{"set-cookie\\r\\nx: y":1}',
    '{"\\ud800":1}',
    `{"unknown":${deep('[', ']', 60_000)}}`,
    deep('[', ']', 100_000),
    '['.repeat(200_000),
    `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
    'null',
    '7',
    '',
    '{"title":"One"}garbage',
    '{"title":"One"}\u0000',
    "{'title':'One'}",
    '\ufeff[]',
  ];
  for (const { method, path, rpc } of withBody) {
    if (rpc.name === 'CompleteTask' || rpc.name === 'ReleaseTask' || rpc.name === 'ArchiveTask') bodies.splice(bodies.indexOf('') >>> 0, 1);
    for (const body of bodies) expectRefused(await acme.rest.call(method, pathOf(path), { body }), `${path} ${body.slice(0, 50)}`);
  }
  const types = ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/jsonp', 'json', '*/*'];
  for (const type of types) {
    expect((await acme.rest.call('POST', '/tasks', { body: '{"title":"One"}', headers: { 'content-type': type } })).status, type).toBe(415);
  }
  const gzip = { 'content-encoding': 'gzip' };
  expect((await acme.rest.call('POST', '/tasks', { body: '{"title":"One"}', headers: gzip })).status).toBe(415);
});

function expectRefused({ status, text }: RestAnswer, what: string): void {
  expect(status, `${what} → ${text.slice(0, 200)}`).toBeGreaterThanOrEqual(400);
  expect(status, what).toBeLessThan(500);
  expect(text.length, 'an error does not repeat all that was sent').toBeLessThan(2000);
}

test('a strange id in any path is a 4xx, and does not appear in a header', async () => {
  await using acme = await useAcme();
  const ids = [
    '%00',
    'a%00b',
    '%ff',
    '%ed%a0%80',
    '%',
    '%zz',
    '%0d%0aset-cookie:%20a=b',
    '..%2f..%2fetc',
    '%2e%2e%2f',
    '__proto__',
    'constructor',
    '%20',
  ];
  const more = [
    '%F0%9F%99%82',
    "'%3B%20DROP%20TABLE%20tasks--",
    'x'.repeat(129),
    'x'.repeat(8000),
    '%C3%A9',
    '%E2%80%AE',
    '%7B%7D',
    '*',
    '%3F',
    '%23',
  ];
  for (const { method, path, hasBody, rpc, pathFields } of routesById) {
    for (const id of [...ids, ...more]) {
      const options = hasBody ? { body: requiredFields(rpc.input, pathFields) } : {};
      const answer = await acme.admin.call(method, pathOf(path, id), options);
      expectRefused(answer, `${method} ${path} ${id.slice(0, 50)}`);
      expect(answer.headers.get('set-cookie')).toBeNull();
    }
  }
});

test('a strange query is a 4xx on every route that takes one', async () => {
  await using acme = await useAcme();
  const queries = [
    'limit=%00',
    '%ff=1',
    'limit=1e400',
    'limit=0x10',
    'limit=',
    'limit=+1',
    'limit=9999999999999999999',
    'offset=2147483648',
    '__proto__=1',
  ];
  const more = [
    'constructor=x',
    'owner%5B%5D=x',
    'cursor=%00',
    `cursor=${Buffer.from('["__proto__"]').toString('base64url')}`,
    '=',
    `${'a'.repeat(9000)}=1`,
  ];
  for (const { method, path } of withQuery.filter(({ rpc }) => rpc.input.field.limit)) {
    for (const query of [...queries, ...more]) {
      expectRefused(await acme.admin.call(method, `${pathOf(path)}?${query}`), `${path}?${query.slice(0, 50)}`);
    }
  }
  for (const text of ['%ED%A0%80', '%00', '%ff']) expectRefused(await acme.rest.list(`?owner=${text}`), text);
});

test('a strange header is a 4xx or ignored, and is not sent back', async () => {
  await using acme = await useAcme();
  for (const id of ['<script>', 'a b', 'x'.repeat(129), '{"a":1}', 'é']) {
    expect((await acme.rest.call('GET', '/tasks', { headers: { 'x-request-id': id } })).headers.get('x-request-id')).not.toBe(id);
  }
  const stranger = createRestClient(acme.services.url, null);
  for (const authorization of ['Bearer', 'Bearer  ', 'Basic abc', `Bearer ${'x'.repeat(12_000)}`, 'Bearer é', 'Bearer a b', `bearer ${acme.key}x`]) {
    expect((await stranger.call('GET', '/tasks', { headers: { authorization } })).status, authorization.slice(0, 20)).toBe(401);
  }
  for (const position of ['-1', 'soon', '1.5', '9'.repeat(30), '0x1']) {
    const answer = await acme.rest.call('GET', '/stream', { headers: { 'last-event-id': position } });
    expect(answer, position).toMatchObject({ status: 400, error: { details: { field: 'Last-Event-ID' } } });
  }
});

test('no random JSON, query or id is answered with a 5xx', async () => {
  await using acme = await useAcme();
  const anyRoute = constantFrom(...routes.filter(({ rpc }) => rpc.methodKind === 'unary'));
  const text = oneof(string({ unit: 'binary', maxLength: 40 }), string({ unit: 'grapheme', maxLength: 40 }), string({ maxLength: 200 }));
  await assert(
    asyncProperty(anyRoute, jsonValue(), text, webQueryParameters(), async ({ method, path, hasBody }, body, id, query) => {
      const target = pathOf(path, encodeURIComponent(id.toWellFormed()).replaceAll('.', '%252e') || 'x');
      const { status } = await acme.admin.call(method, hasBody ? target : `${target}?${query}`, hasBody ? { body } : {});
      expect(status).toBeLessThan(500);
    }),
    { numRuns: 300 },
  );
});
