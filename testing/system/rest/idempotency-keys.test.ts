import { randomUUID } from 'node:crypto';
import { routes } from '@dispatcher/gateway/rest/routes.ts';
import type { Task } from '@recursiv/sdk';
import { expect, test } from 'vitest';
import { apiPath } from '../harness/api-path.ts';
import type { RestAnswer } from '../harness/rest-client.ts';
import { type Acme, useAcme } from '../harness/use-acme.ts';

/** A request that takes an Idempotency-Key. It names a task with this id, in the state in which `prepare` leaves it. */
interface Request {
  name: string;
  method: 'POST' | 'PATCH';
  path: (id: string) => string;
  body: (id: string, token: string) => object;
  /** Answers the token of the task's claim. */
  prepare: (acme: Acme, id: string) => Promise<string>;
}

const isThere = async ({ rest }: Acme, id: string) => {
  await rest.create({ id, title: 'One', project: id });
  return '';
};
const isClaimed = async (acme: Acme, id: string) => {
  await isThere(acme, id);
  return (await acme.rest.claim(id, { agent: 'ann' })).data.claim.claim_token ?? '';
};
const isDone = async (acme: Acme, id: string) => {
  const token = await isClaimed(acme, id);
  await acme.rest.done(id, { claim_token: token });
  return token;
};
const isArchived = async (acme: Acme, id: string) => {
  await isThere(acme, id);
  await acme.rest.archive(id);
  return '';
};
const isMissing = () => Promise.resolve('');

const on = (route: string) => (id: string) => `/${route}/${id}`;
const at = (path: string) => () => path;
const post = { method: 'POST' } as const;
const claim = { ...post, path: on('claim'), body: () => ({ agent: 'bob' }) };
const done = { ...post, path: on('done'), body: (_id: string, token: string) => ({ ...(token && { claim_token: token }), notes: 'said now' }) };
const release = { ...post, path: on('release'), body: () => ({ notes: 'said now' }) };
const archive = { ...post, path: (id: string) => `/tasks/${id}/archive`, body: () => ({}) };
const create = { ...post, path: at('/tasks'), body: (id: string) => ({ id, title: 'Two' }) };
const claimNext = { ...post, path: at('/tasks/claim-next'), body: (id: string) => ({ agent: 'bob', project: id }) };
const createSeveral = {
  ...post,
  path: at('/tasks/batch'),
  body: (id: string) => ({
    tasks: [
      { id: `${id}-more`, title: 'Two' },
      { id, title: 'Two' },
    ],
  }),
};
const claimSeveral = { ...post, path: at('/tasks/claim-batch'), body: (id: string) => ({ agent: 'bob', project: id, max_tasks: 2 }) };
const doneSeveral = {
  ...post,
  path: at('/claims/done'),
  body: (id: string, token: string) => ({ claims: [{ task_id: id, claim_token: token || 'none' }] }),
};
const update = { method: 'PATCH', path: on('tasks') } as const;

/** Each of these requests changes something. */
const changes: Request[] = [
  { name: 'create', ...create, prepare: isMissing },
  { name: 'update', ...update, body: () => ({ title: 'New' }), prepare: isThere },
  { name: 'claim-next', ...claimNext, prepare: isThere },
  { name: 'claim', ...claim, prepare: isThere },
  { name: 'done', ...done, prepare: isClaimed },
  { name: 'release', ...release, prepare: isClaimed },
  { name: 'archive', ...archive, prepare: isThere },
  { name: 'create of several', ...createSeveral, prepare: isMissing },
  { name: 'claim of several', ...claimSeveral, prepare: isThere },
  { name: 'done of several', ...doneSeveral, prepare: isClaimed },
];

/** Each of these requests changes nothing: it is refused, or answered with what already exists. */
const others: Request[] = [
  { name: 'create under a taken id', ...create, prepare: isThere },
  { name: 'update to what is there', ...update, body: () => ({ title: 'One' }), prepare: isThere },
  { name: 'update of an archived task', ...update, body: () => ({ title: 'New' }), prepare: isArchived },
  { name: 'claim-next of nothing', ...claimNext, prepare: isMissing },
  { name: 'claim of a claimed task', ...claim, prepare: isClaimed },
  { name: 'done again', ...done, prepare: isDone },
  { name: 'done without a claim', ...done, prepare: isThere },
  { name: 'done of an unknown task', ...done, prepare: isMissing },
  { name: 'release without a claim', ...release, prepare: isThere },
  { name: 'archive again', ...archive, prepare: isArchived },
  { name: 'create of several under a taken id', ...createSeveral, prepare: isThere },
  { name: 'claim of several of nothing', ...claimSeveral, prepare: isMissing },
  { name: 'done of several without a claim', ...doneSeveral, prepare: isThere },
  { name: 'done of several again', ...doneSeveral, prepare: isDone },
];

const send = (acme: Acme, { method, path, body }: Request, id: string, token: string, key: string): Promise<RestAnswer<Task>> =>
  acme.rest.call(method, path(id), { body: body(id, token), headers: { 'idempotency-key': key } });

/** The routes that ignore the header. */
const ignoring = ['CreateKey', 'HeartbeatTask', 'HeartbeatTasks'];

test('these requests are all the requests that take an idempotency key', () => {
  const rpcOf = (method: string, path: string) =>
    routes.find((route) => route.method === method && route.path.replaceAll(/\{\w+\}/g, 'one') === apiPath + path)?.rpc.name;
  const taking = routes.filter(({ method, rpc }) => (method === 'POST' || method === 'PATCH') && !ignoring.includes(rpc.name));
  expect(new Set(changes.map(({ method, path }) => rpcOf(method, path('one'))))).toEqual(new Set(taking.map(({ rpc }) => rpc.name)));
});

test.each(changes)('an idempotency key that $name used is refused on every other request, and changes nothing', async (first) => {
  await using acme = await useAcme();
  const key = randomUUID();
  expect((await send(acme, first, 'first', await first.prepare(acme, 'first'), key)).status).toBeLessThan(300);
  for (const [i, second] of [...changes, ...others].entries()) {
    const id = `second-${i}`;
    const token = await second.prepare(acme, id);
    const before = await Promise.all([acme.rest.get(id), countEvents(acme)]);
    const answer = await send(acme, second, id, token, key);
    expect(answer, second.name).toMatchObject({ status: 422, error: { code: 'idempotency_key_reused' } });
    const after = await Promise.all([acme.rest.get(id), countEvents(acme)]);
    expect([after[0].text, after[1]], second.name).toEqual([before[0].text, before[1]]);
  }
});

test.each(others)('$name does not use up an idempotency key', async (first) => {
  await using acme = await useAcme();
  const key = randomUUID();
  await send(acme, first, 'first', await first.prepare(acme, 'first'), key);
  expect(await send(acme, { name: 'create', ...create, prepare: isMissing }, 'second', '', key)).toMatchObject({ status: 201 });
});

async function countEvents({ services, organizationId }: Acme): Promise<number | null> {
  return (await services.pool.query('SELECT FROM task_events WHERE organization_id = $1', [organizationId])).rowCount;
}
