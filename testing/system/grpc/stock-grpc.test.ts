import { type ServiceError, status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { within } from '../../harness/patience.ts';
import { type Acme, useAcme } from '../harness/use-acme.ts';
import { errorInfoOf } from './grpc-error-info.ts';
import { type StockGrpc, useStockGrpc } from './use-stock-grpc.ts';

const [tasks, claims, keys, health] = [
  'dispatcher.v1.TaskService',
  'dispatcher.v1.ClaimService',
  'dispatcher.v1.KeyService',
  'grpc.health.v1.Health',
];

const grpcOf = ({ services, key }: Acme): Promise<StockGrpc> => useStockGrpc(services, key);

/** How a call failed: its status, and the reason in its ErrorInfo. */
async function failureOf(call: Promise<unknown>): Promise<{ code: number; info: Record<string, unknown> }> {
  const error = await call.then(
    () => expect.fail('the call succeeded'),
    (thrown: ServiceError) => thrown,
  );
  return { code: error.code, info: errorInfoOf(error) };
}

test('a stock client with server reflection alone creates, claims and completes a task', async () => {
  await using acme = await useAcme();
  using grpc = await grpcOf(acme);
  const names = ['TaskService', 'ClaimService', 'StatsService', 'KeyService'].map((name) => `dispatcher.v1.${name}`);
  expect(grpc.services).toEqual(expect.arrayContaining([...names, health, 'grpc.reflection.v1.ServerReflection']));

  const created = await grpc.call(`${tasks}/CreateTask`, { id: 'one', title: 'One', rev: 2 });
  expect(created).toMatchObject({ data: { id: 'one', organization_id: acme.organizationId, status: 'pending', score: 3 } });
  const claimed = (await grpc.call(`${claims}/ClaimNextTask`, { agent: 'ann' })) as { data: { claim: { claim_token: string } } };
  expect(claimed).toMatchObject({ data: { task: { id: 'one' }, claim: { agent: 'ann', attempt: 1 } } });
  expect(await grpc.call(`${claims}/ClaimNextTask`, { agent: 'eve' })).toEqual({});
  const { claim_token } = claimed.data.claim;
  expect(await grpc.call(`${claims}/HeartbeatTask`, { task_id: 'one', agent: 'ann', claim_token })).toMatchObject({ data: { task_id: 'one' } });
  const done = await grpc.call(`${claims}/CompleteTask`, { task_id: 'one', claim_token, notes: 'Done' });
  expect(done).toMatchObject({ data: { status: 'done', notes: 'Done' } });
  expect((await acme.rest.get('one')).data).toMatchObject({ status: 'done', notes: 'Done' });
});

test('a stock client creates, claims, keeps alive and completes several tasks at once', async () => {
  await using acme = await useAcme();
  using grpc = await grpcOf(acme);
  const asked = {
    tasks: [
      { id: 'one', title: 'One' },
      { id: 'two', title: 'Two' },
    ],
  };
  expect(await grpc.call(`${tasks}/CreateTasks`, asked)).toMatchObject({ data: asked.tasks });
  const claimed = await grpc.call(`${claims}/ClaimNextTasks`, { agent: 'ann', max_tasks: 9 });
  const { data } = claimed as { data: { claim: { task_id: string; claim_token: string } }[] };
  const [one, two] = data.map(({ claim: { task_id, claim_token } }) => ({ task_id, claim_token }));
  const lost = { ...two, claim_token: 'not-the-token' };
  expect(await grpc.call(`${claims}/HeartbeatTasks`, { claims: [one, lost] })).toMatchObject({
    data: [
      { task_id: 'one', claim: { agent: 'ann' } },
      { task_id: 'two', error: { type: 'conflict_error', code: 'claim_lost' } },
    ],
  });
  expect(await grpc.call(`${claims}/CompleteTasks`, { claims: [two, one] })).toMatchObject({
    data: [
      { task_id: 'two', task: { status: 'done' } },
      { task_id: 'one', task: { status: 'done' } },
    ],
  });
  const wrong = await failureOf(grpc.call(`${tasks}/CreateTasks`, { tasks: [{ title: 'One' }, { title: '' }] }));
  expect(wrong).toMatchObject({ code: status.INVALID_ARGUMENT, info: { metadata: { field: 'tasks[1].title' } } });
});

test('a stream over gRPC sends each event', async () => {
  await using acme = await useAcme();
  using grpc = await grpcOf(acme);
  await acme.rest.create({ id: 'one', title: 'One' });
  const stream = grpc.open('dispatcher.v1.StatsService/WatchEvents', { after: 0 });
  for await (const { events } of stream) {
    if (!events) continue;
    expect(events).toMatchObject([{ position: expect.stringMatching(/^[1-9]\d*$/), type: 'task.created', task: { id: 'one' } }]);
    break;
  }
  stream.cancel();
});

test('failures have standard codes, and the reason in their ErrorInfo is the error code of REST', async () => {
  await using acme = await useAcme();
  using grpc = await grpcOf(acme);
  await acme.rest.create({ id: 'one', title: 'One' });
  await acme.rest.claim('one', { agent: 'ann' });
  const call = (method: string, request: object, key?: string | null) => failureOf(grpc.call(method, request, key));
  const get = `${tasks}/GetTask`;
  const domain = 'dispatcher';
  expect(await call(get, { task_id: 'one' }, null)).toEqual({ code: status.UNAUTHENTICATED, info: { reason: 'missing_api_key', domain } });
  expect(await call(get, { task_id: 'one' }, 'nonsense')).toEqual({ code: status.UNAUTHENTICATED, info: { reason: 'invalid_api_key', domain } });
  expect(await call(get, { task_id: 'nothing' })).toEqual({ code: status.NOT_FOUND, info: { reason: 'not_found', domain } });
  expect(await call(`${tasks}/CreateTask`, {})).toEqual({
    code: status.INVALID_ARGUMENT,
    info: { reason: 'invalid_argument', domain, metadata: { field: 'title' } },
  });
  expect(await call(`${tasks}/CreateTask`, { id: 'one', title: 'One' })).toMatchObject({
    code: status.ALREADY_EXISTS,
    info: { reason: 'duplicate_id' },
  });
  expect(await call(`${claims}/ClaimTask`, { task_id: 'one', agent: 'eve' })).toMatchObject({
    code: status.FAILED_PRECONDITION,
    info: { reason: 'already_claimed', metadata: { agent: 'ann' } },
  });
  expect(await call(`${keys}/ListKeys`, {})).toMatchObject({ code: status.PERMISSION_DENIED, info: { reason: 'forbidden' } });
  expect(await call(get, { task_id: 'one', organization_id: 'beta' })).toMatchObject({
    code: status.PERMISSION_DENIED,
    info: { reason: 'forbidden' },
  });
});

test('every method refuses a caller without a key', async () => {
  await using acme = await useAcme();
  using grpc = await grpcOf(acme);
  const methods = [
    `${tasks}/ListTasks`,
    `${claims}/ListClaims`,
    `${claims}/ClaimNextTask`,
    `${keys}/GetCaller`,
    'dispatcher.v1.StatsService/GetStats',
  ];
  for (const method of methods) expect(await failureOf(grpc.call(method, {}, null)), method).toMatchObject({ code: status.UNAUTHENTICATED });
  const stream = grpc.open('dispatcher.v1.StatsService/WatchEvents', {}, null);
  await expect(Array.fromAsync(stream)).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
});

test('messages over 1 MiB are refused; the connection stays usable, and the server stops at once', async () => {
  await using acme = await useAcme({ alone: true });
  {
    using grpc = await grpcOf(acme);
    for (let i = 0; i < 3; i++) {
      const large = grpc.call(`${tasks}/CreateTask`, { title: 'One', description: 'x'.repeat(1024 * 1024 + 1) });
      await expect(large).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    }
    expect(await grpc.call(`${tasks}/ListTasks`, {})).toMatchObject({ meta: { limit: 20 } });
  }
  await within(5_000, acme[Symbol.asyncDispose]());
});

test('the health check works without a key for the process and for each service, and says when a service is unknown', async () => {
  await using acme = await useAcme();
  using grpc = await grpcOf(acme);
  for (const service of ['', tasks, claims, keys]) {
    expect(await grpc.call(`${health}/Check`, { service }, null), service).toEqual({ status: 1 });
  }
  await expect(grpc.call(`${health}/Check`, { service: 'nobody' }, null)).rejects.toMatchObject({ code: status.NOT_FOUND });
  const watch = grpc.open(`${health}/Watch`, { service: '' }, null);
  for await (const message of watch) {
    expect(message).toEqual({ status: 1 });
    break;
  }
  watch.cancel();
});
