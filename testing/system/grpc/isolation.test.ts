import { type DescMethodUnary, type DescService, fromJson, toBinary } from '@bufbuild/protobuf';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import { ConnectError, type Transport } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { expect, test } from 'vitest';
import { requiredFields } from '../harness/isolated-request.ts';
import { secret, type TwoOrganizations, useTwoOrganizations } from '../harness/use-two-organizations.ts';

const methods = [TaskService, ClaimService, StatsService, KeyService].flatMap((service) => service.methods);
const unary = methods.filter((method): method is DescMethodUnary => method.methodKind === 'unary');
const withId = unary.filter(({ input }) => input.field.taskId ?? input.field.keyId);
const withoutId = unary.filter((method) => !withId.includes(method));

/** The gRPC clients of the organization `beta`. */
function useBeta({ services, betaKey }: TwoOrganizations) {
  const resources = new DisposableStack();
  const transports = new Map<DescService, Transport>();
  const connect = (service: DescService) => {
    const baseUrl = `http://${services.grpcAddressOf(service.typeName)}`;
    const sessionManager = resources.adopt(new Http2SessionManager(baseUrl), (manager) => manager.abort());
    return createGrpcTransport({ baseUrl, sessionManager });
  };
  const transportTo = (service: DescService) => {
    const transport = transports.get(service) ?? connect(service);
    transports.set(service, transport);
    return transport;
  };
  return { transportTo, call: createCall(transportTo, betaKey), [Symbol.dispose]: () => resources.dispose() };
}

/** Runs a call and describes its success or failure as text, with everything that came over the wire. */
function createCall(transportTo: (service: DescService) => Transport, key: string) {
  return async (method: DescMethodUnary, fields: Record<string, unknown>): Promise<string> => {
    const request = { ...fromJson(method.input, requiredFields(method.input)), ...fields };
    try {
      const { message } = await transportTo(method.parent).unary(method, undefined, undefined, { authorization: `Bearer ${key}` }, request);
      return Buffer.from(toBinary(method.output, message)).toString('latin1');
    } catch (thrown) {
      const { code, rawMessage, details } = ConnectError.from(thrown);
      return JSON.stringify({
        code,
        rawMessage,
        details: details.map((detail) => ('type' in detail ? [detail.type, [...detail.value]] : AnySchema.typeName)),
      });
    }
  };
}

test('every method gives the same answer for an id of another organization as for an unknown id', async () => {
  await using both = await useTwoOrganizations();
  using beta = useBeta(both);
  const before = await both.readAcme();
  expect(withId.length).toBeGreaterThan(7);
  for (const method of withId) {
    for (const id of both.taskIds) {
      for (const organizationId of [undefined, both.betaId, both.organizationId]) {
        const ask = (taskId: string) => beta.call(method, { taskId, keyId: taskId, organizationId, claimToken: both.claimToken });
        expect(await ask(id), `${method.name} ${id}`).toBe(await ask('nobody-has-this'));
      }
    }
  }
  expect(await both.readAcme()).toBe(before);
});

test('no method without an id shows data of another organization, even when the request names it', async () => {
  await using both = await useTwoOrganizations();
  using beta = useBeta(both);
  const before = await both.readAcme();
  for (const method of withoutId) {
    expect(await beta.call(method, {}), method.name).not.toContain(secret);
    if (!method.input.field.organizationId) continue;
    const answer = await beta.call(method, { organizationId: both.organizationId });
    expect(answer).toContain('"code":7');
    expect(answer).toBe(await beta.call(method, { organizationId: 'nobody' }));
  }
  expect(await both.readAcme()).toBe(before);
});

test('a stream over gRPC shows no event of another organization', async () => {
  await using both = await useTwoOrganizations();
  using beta = useBeta(both);
  const header = { authorization: `Bearer ${both.betaKey}` };
  const leave = new AbortController();
  const request = (async function* () {
    yield { after: 0n };
  })();
  const { message } = await beta.transportTo(StatsService).stream(StatsService.method.watchEvents, leave.signal, undefined, header, request);
  await both.rest.update(`${secret}-pending`, { title: `${secret} again` });
  await both.beta.update('own-one', { title: 'The last' });
  const seen: string[] = [];
  for await (const { events } of message) {
    seen.push(...events.map(({ organizationId, task }) => `${organizationId} ${task?.title}`));
    if (seen.at(-1)?.endsWith('The last')) break;
  }
  leave.abort();
  expect(seen).toEqual([...Array(3).fill(`${both.betaId} Our own`), `${both.betaId} The last`]);
});
