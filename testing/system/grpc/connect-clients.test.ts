import type { DescService } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { ErrorInfoSchema } from '@recursiv/proto/gen/google/rpc/error_details_pb.ts';
import { expect, test } from 'vitest';
import { useAcme } from '../harness/use-acme.ts';

/** The transports of Connect's own clients, all to the same port. */
const ways: [string, (baseUrl: string, sessionManager: Http2SessionManager) => Transport][] = [
  ['Connect over HTTP/1.1', (baseUrl) => createConnectTransport({ baseUrl, httpVersion: '1.1', nodeOptions: { agent: false } })],
  ['Connect over HTTP/2', (baseUrl, sessionManager) => createConnectTransport({ baseUrl, httpVersion: '2', sessionManager })],
  ['gRPC-Web over HTTP/1.1', (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: '1.1', nodeOptions: { agent: false } })],
  ['gRPC-Web over HTTP/2', (baseUrl, sessionManager) => createGrpcWebTransport({ baseUrl, httpVersion: '2', sessionManager })],
  ['gRPC', (baseUrl, sessionManager) => createGrpcTransport({ baseUrl, sessionManager })],
];

test.each(ways)('a task can be created, claimed and completed over %s, and failures carry their reason', async (_name, createTransport) => {
  await using acme = await useAcme();
  using resources = new DisposableStack();
  const transportTo = ({ typeName }: DescService) => {
    const baseUrl = `http://${acme.services.grpcAddressOf(typeName)}`;
    const session = resources.adopt(new Http2SessionManager(baseUrl), (manager) => manager.abort());
    return createTransport(baseUrl, session);
  };
  const [tasks, claims] = [createClient(TaskService, transportTo(TaskService)), createClient(ClaimService, transportTo(ClaimService))];
  const call = { headers: { authorization: `Bearer ${acme.key}` } };

  expect((await tasks.createTask({ id: 'one', title: 'One 🙂' }, call)).data).toMatchObject({
    id: 'one',
    title: 'One 🙂',
    organizationId: acme.organizationId,
  });
  const { data } = await claims.claimNextTask({ agent: 'ann' }, call);
  const { claimToken = '' } = data?.claim ?? {};
  expect((await claims.completeTask({ taskId: 'one', claimToken }, call)).data?.status).toBe('done');

  const failure = ConnectError.from(await tasks.getTask({ taskId: 'nothing' }, call).catch((thrown: unknown) => thrown));
  expect(failure.code).toBe(Code.NotFound);
  expect(failure.findDetails(ErrorInfoSchema)).toMatchObject([{ reason: 'not_found', domain: 'dispatcher' }]);
  await expect(tasks.getTask({ taskId: 'one' })).rejects.toMatchObject({ code: Code.Unauthenticated });
  await expect(tasks.createTask({ title: 'One', notes: 'x'.repeat(1024 * 1024) }, call)).rejects.toMatchObject({ code: Code.ResourceExhausted });
});
