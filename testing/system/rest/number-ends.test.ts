import { type DescField, ScalarType } from '@bufbuild/protobuf';
import { routes } from '@dispatcher/gateway/rest/routes.ts';
import { expect, test } from 'vitest';
import { apiPath } from '../harness/api-path.ts';
import { requiredFields } from '../harness/isolated-request.ts';
import { type Acme, useAcme } from '../harness/use-acme.ts';
import { useStream } from '../harness/use-stream.ts';

const int32 = ['-2147483649', '-2147483648', '-1', '0', '1', '200', '86400', '2147483627', '2147483646', '2147483647', '2147483648', '1e9', '1.5'];
const int64 = ['-9223372036854775809', '-9223372036854775808', '-1', '0', '9007199254740993', '9223372036854775807', '9223372036854775808'];
const double = ['-0', '5e-324', '2.3e-308', '1e-300', '0.1', '10', '100', '1.7976931348623157e308', '-1.7976931348623157e308', '1e309', '1e-400'];
const times = [
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '1970-01-01T00:00:00.000000001Z',
  '2038-01-19T03:14:08Z',
  '9999-12-31T23:59:59.999999999Z',
  '9999-12-31T23:59:59-23:59',
].map((time) => `"${time}"`);

/** The limits of numbers and times, as JSON. */
function endsOf({ fieldKind, scalar }: DescField): readonly string[] {
  if (fieldKind === 'message') return times;
  if (scalar === ScalarType.INT32) return int32;
  if (scalar === ScalarType.INT64) return int64;
  return scalar === ScalarType.DOUBLE ? double : [];
}

const cases = routes
  .filter(({ rpc }) => rpc.methodKind === 'unary')
  .flatMap((route) => route.rpc.input.fields.flatMap((field) => endsOf(field).map((value) => ({ ...route, field, value }))));

test('numbers and times at the ends of their ranges cause no 5xx on any route', async () => {
  await using acme = await useAcme();
  await acme.rest.create({ id: 'one', title: 'One' });
  const statuses = new Set<number>();
  for (const each of cases) {
    await standAs(acme, each.rpc.name);
    const { status, text } = await send(acme, each);
    expect(status, `${each.method} ${each.path} ${each.field.name} ${each.value}: ${text}`).toBeLessThan(500);
    statuses.add(status);
  }
  expect([...statuses]).toEqual(expect.arrayContaining([200, 201, 400]));
});

test('positions at the ends of their range cause no 5xx on the stream', async () => {
  await using acme = await useAcme();
  for (const value of int64) {
    await using asked = await useStream(acme.services.url, acme.key, `?after=${value}`);
    await using resumed = await useStream(acme.services.url, acme.key, '', { 'last-event-id': value });
    for (const { status } of [asked, resumed]) expect([200, 400], value).toContain(status);
  }
});

/** The task is claimed for a release, and free for all other requests, so that the number reaches the SQL statement. */
async function standAs({ rest }: Acme, rpc: string): Promise<void> {
  await rest.release('one', {});
  if (rpc === 'ReleaseTask') await rest.claim('one', { agent: 'ann' });
}

type Case = (typeof cases)[number];

async function send(acme: Acme, { method, path, rpc, pathFields, hasBody, field, value }: Case) {
  const caller = rpc.parent.name === 'KeyService' ? acme.admin : acme.rest;
  const filled = path.slice(apiPath.length).replaceAll(/\{\w+\}/g, 'one');
  if (!hasBody) return await caller.call(method, `${filled}?${field.jsonName}=${encodeURIComponent(value.replaceAll('"', ''))}`);
  const { id: _id, ...others } = requiredFields(rpc.input, pathFields) as Record<string, unknown>;
  const rest = Object.entries(others).filter(([name]) => name !== field.jsonName);
  const body = `{${rest.map(([name, text]) => `${JSON.stringify(name)}:${JSON.stringify(text)},`).join('')}"${field.jsonName}":${value}}`;
  return await caller.call(method, filled, { body });
}
