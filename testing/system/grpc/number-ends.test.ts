import { Agent } from 'node:http';
import { type DescField, type DescMethod, type DescService, type MessageShape, ScalarType } from '@bufbuild/protobuf';
import { type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt';
import { ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { ErrorInfoSchema } from '@recursiv/proto/gen/google/rpc/error_details_pb.ts';
import { expect, test } from 'vitest';
import { type Acme, useAcme } from '../harness/use-acme.ts';

/** Closes its connection after each call. */
const agent = new Agent({ keepAlive: false });

const methods: DescMethod[] = [TaskService, ClaimService, StatsService, KeyService].flatMap((service: DescService) => service.methods);

const int32 = [-(2 ** 31), -1, 0, 1, 200, 2 ** 31 - 21, 2 ** 31 - 1];
const int64 = [-(2n ** 63n), -1n, 0n, 2n ** 53n, 2n ** 63n - 1n];
const double = [Number.NaN, -Infinity, Infinity, -Number.MAX_VALUE, Number.MAX_VALUE, -0, Number.MIN_VALUE, 2.3e-308, 1e-300, 10, 100];
/** The first and the last second that RFC 3339 can write, and the seconds next to them. */
const seconds = [-(2n ** 63n), -62_135_596_801n, -62_135_596_800n, -1n, 0n, 253_402_300_799n, 253_402_300_800n, 2n ** 63n - 1n];
const nanos = [-(2 ** 31), -1, 0, 1, 999_999_999, 1_000_000_000, 2 ** 31 - 1];
const timestamps: Pick<Timestamp, 'seconds' | 'nanos'>[] = seconds.flatMap((second) => nanos.map((nano) => ({ seconds: second, nanos: nano })));

/** The limits of numbers and times on the wire. */
function endsOf({ fieldKind, scalar, message }: DescField): readonly unknown[] {
  if (fieldKind === 'message') return message?.typeName === TimestampSchema.typeName ? timestamps : [];
  if (scalar === ScalarType.INT32) return int32;
  if (scalar === ScalarType.INT64) return int64;
  return scalar === ScalarType.DOUBLE ? double : [];
}

const cases = methods.flatMap((method) => method.input.fields.flatMap((field) => endsOf(field).map((value) => ({ method, field, value }))));

/** Parts of cursors: the limits of what PostgreSQL can hold, and values beyond them. */
const cursorNumbers = [
  '-Infinity',
  'Infinity',
  '0',
  '-0',
  '9'.repeat(15),
  '9'.repeat(18),
  '9'.repeat(19),
  '9'.repeat(400),
  `0.${'9'.repeat(20)}`,
  '1e-99',
  '1e99',
];
const cursors = cursorNumbers.flatMap((part) =>
  [[part], [part, 'a'], [part, 'a', 'a'], [part, part, 'a', 'a']].map((parts) => Buffer.from(JSON.stringify(parts)).toString('base64url')),
);

test('numbers and times at the ends of their ranges cause no internal error in any method', async () => {
  await using acme = await useAcme();
  const answers = new Set<string>();
  const failed: string[] = [];
  for (const { method, field, value } of cases) {
    const reason = await call(acme, method, { [field.localName]: value });
    if (reason === 'internal') failed.push(`${method.name} ${field.name} ${JSON.stringify(value, bigintAsText)}`);
    answers.add(reason);
  }
  expect(failed).toEqual([]);
  expect(answers).toContain('ok');
  expect(answers).toContain('invalid_argument');
});

test('numbers in a cursor cause no internal error', async () => {
  await using acme = await useAcme();
  await acme.rest.create({ id: 'one', title: 'One' });
  for (const method of methods.filter(({ input }) => input.field.cursor)) {
    for (const cursor of cursors) expect(['ok', 'invalid_argument'], `${method.name} ${cursor}`).toContain(await call(acme, method, { cursor }));
  }
});

/** Sends a request with these fields and its required fields. Answers `ok`, or the reason of the refusal. */
async function call({ services, key }: Acme, method: DescMethod, fields: Record<string, unknown>): Promise<string> {
  const transport = createConnectTransport({
    baseUrl: `http://${services.grpcAddressOf(method.parent.typeName)}`,
    httpVersion: '1.1',
    nodeOptions: { agent },
  });
  const client = createClient(method.parent, transport) as Record<string, (request: object, options: object) => unknown>;
  // A stream does not end by itself, so the client leaves it.
  const leave = new AbortController();
  const options = {
    headers: { authorization: `Bearer ${method.parent === KeyService ? services.adminKey : key}` },
    signal: AbortSignal.any([leave.signal, AbortSignal.timeout(120_000)]),
  };
  const request = { ...needed(method), ...fields };
  try {
    const answer = client[method.localName]?.(request, options);
    if (method.methodKind === 'unary') await answer;
    else await (answer as AsyncIterable<MessageShape<typeof method.output>>)[Symbol.asyncIterator]().next();
    return 'ok';
  } catch (thrown) {
    return ConnectError.from(thrown).findDetails(ErrorInfoSchema)[0]?.reason ?? String(thrown);
  } finally {
    leave.abort();
  }
}

function needed({ input }: DescMethod): Record<string, unknown> {
  const names = ['agent', 'taskId', 'keyId', 'title', 'name'].filter((name) => input.field[name]);
  return {
    ...Object.fromEntries(names.map((name) => [name, 'one'])),
    ...(input.typeName.endsWith('CreateKeyRequest') && { organizationId: 'acme' }),
  };
}

const bigintAsText = (_key: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
