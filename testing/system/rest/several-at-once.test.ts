import { randomUUID } from 'node:crypto';
import type { Claim, ClaimedTask, Task } from '@recursiv/sdk';
import { expect, test } from 'vitest';
import { bareClaim, bareTask, token } from '../harness/task-shape.ts';
import { type Acme, useAcme } from '../harness/use-acme.ts';
import { secret, useTwoOrganizations } from '../harness/use-two-organizations.ts';

interface Refusal {
  readonly type: string;
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, string>>;
}

const createMany = ({ rest }: Acme, tasks: object[], headers = {}) => rest.call<Task[]>('POST', '/tasks/batch', { body: { tasks }, headers });
const claimMany = ({ rest }: Acme, body: object, headers = {}) => rest.call<ClaimedTask[]>('POST', '/tasks/claim-batch', { body, headers });
const heartbeatMany = ({ rest }: Acme, claims: object[]) =>
  rest.call<{ task_id: string; claim: Claim | null; error: Refusal | null }[]>('POST', '/claims/heartbeat', { body: { claims } });
const doneMany = ({ rest }: Acme, claims: object[], headers = {}) =>
  rest.call<{ task_id: string; task: Task | null; error: Refusal | null }[]>('POST', '/claims/done', { body: { claims }, headers });

test('several tasks are created, claimed, kept alive and done with one request each', async () => {
  await using acme = await useAcme();
  const { organizationId } = acme;
  const created = await createMany(acme, [
    { title: 'One', id: 'one' },
    { title: 'Two', id: 'two', notes: null },
  ]);
  expect(created.status).toBe(201);
  expect(created.data).toEqual([bareTask(organizationId, 'one', 'One'), bareTask(organizationId, 'two', 'Two')]);
  const taken = await claimMany(acme, { agent: 'ann', max_tasks: 5 });
  expect(taken.status).toBe(200);
  const claim = (id: string) => bareClaim(organizationId, id, 'ann');
  expect(taken.data).toEqual(
    created.data.map((task) => ({
      task: { ...task, status: 'claimed', attempts: 1, claim: claim(task.id) },
      claim: { ...claim(task.id), claim_token: token },
    })),
  );
  const held = taken.data.map(({ claim: { task_id, claim_token } }) => ({ task_id, claim_token }));
  const renewed = await heartbeatMany(acme, held);
  expect(renewed.data).toEqual(['one', 'two'].map((id) => ({ task_id: id, claim: claim(id), error: null })));
  const done = await doneMany(acme, [
    { ...held[1], notes: 'It works.' },
    { ...held[0], claim_token: 'not-the-token' },
  ]);
  expect(done.data).toMatchObject([
    { task_id: 'two', task: { id: 'two', status: 'done', notes: 'It works.' }, error: null },
    { task_id: 'one', task: null, error: { type: 'conflict_error', code: 'claim_lost', message: expect.any(String), details: {} } },
  ]);
  expect((await acme.rest.get('one')).data.status).toBe('claimed');
});

test('a wrong task is refused with its place in the list, and nothing is created', async () => {
  await using acme = await useAcme();
  const wrong: [object, string][] = [
    [{ title: '' }, 'tasks[1].title'],
    [{ title: 7 }, 'tasks[1].title'],
    [{ title: 'x', task_id: 'x' }, 'tasks[1].task_id'],
    [{ title: 'x', rev: '5' }, 'tasks[1].rev'],
    [{}, 'tasks[1].title'],
  ];
  for (const [task, field] of wrong) {
    const answer = await createMany(acme, [{ title: 'Good' }, task]);
    expect(answer, field).toMatchObject({ status: 400, error: { code: 'invalid_argument', details: { field } } });
    expect(answer.error.message).toContain(field);
  }
  await acme.rest.create({ id: 'taken', title: 'There' });
  expect(await createMany(acme, [{ title: 'Good' }, { id: 'taken', title: 'x' }])).toMatchObject({
    status: 409,
    error: { code: 'duplicate_id', details: { field: 'tasks[1].id' } },
  });
  expect((await acme.rest.list()).data).toHaveLength(1);
});

test('more than 256 KiB in a body, or more items than allowed, are refused', async () => {
  await using acme = await useAcme();
  const large = Array.from({ length: 5 }, () => ({ title: 'x', description: 'd'.repeat(60_000) }));
  expect(await createMany(acme, large)).toMatchObject({ status: 413, error: { code: 'body_too_large' } });
  const many = Array.from({ length: 501 }, () => ({}));
  for (const [path, field] of [
    ['/tasks/batch', 'tasks'],
    ['/claims/heartbeat', 'claims'],
    ['/claims/done', 'claims'],
  ] as const) {
    for (const items of [many, []]) {
      const answer = await acme.rest.call('POST', path, { body: { [field]: items } });
      expect(answer, path).toMatchObject({ status: 400, error: { code: 'invalid_argument', details: { field } } });
    }
  }
});

test('an idempotency key covers the whole request', async () => {
  await using acme = await useAcme();
  const key = () => ({ 'idempotency-key': randomUUID() });
  const [creates, claims, dones] = [key(), key(), key()];
  const tasks = [{ title: 'One' }, { title: 'Two' }];
  const [made, again] = [await createMany(acme, tasks, creates), await createMany(acme, tasks, creates)];
  expect(again.text).toBe(made.text);
  const request = { agent: 'ann', max_tasks: 2 };
  const [taken, takenAgain] = [await claimMany(acme, request, claims), await claimMany(acme, request, claims)];
  expect(takenAgain.data.map(({ claim }) => claim.claim_token)).toEqual(taken.data.map(({ claim }) => claim.claim_token));
  const held = taken.data.map(({ claim: { task_id, claim_token } }) => ({ task_id, claim_token }));
  const [done, doneAgain] = [await doneMany(acme, held, dones), await doneMany(acme, held, dones)];
  expect(doneAgain.text).toBe(done.text);
  const reused = { status: 422, error: { code: 'idempotency_key_reused' } };
  expect(await createMany(acme, [{ title: 'Other' }], creates)).toMatchObject(reused);
  expect(await claimMany(acme, { ...request, max_tasks: 1 }, claims)).toMatchObject(reused);
  expect(await doneMany(acme, held.slice(1), dones)).toMatchObject(reused);
  expect((await acme.rest.list()).data).toHaveLength(2);
});

test('500 claims are kept alive and done in one request each', async () => {
  await using acme = await useAcme();
  await createMany(
    acme,
    Array.from({ length: 500 }, (_, i) => ({ title: `Task ${i}` })),
  );
  const taken: { task_id: string; claim_token?: string }[] = [];
  for (let i = 0; i < 5; i++) {
    const { data } = await claimMany(acme, { agent: 'ann', max_tasks: 100 });
    taken.push(...data.map(({ claim: { task_id, claim_token } }) => ({ task_id, claim_token: claim_token ?? '' })));
  }
  expect(new Set(taken.map(({ task_id }) => task_id)).size).toBe(500);
  for (const { data } of [await heartbeatMany(acme, taken), await doneMany(acme, taken)]) {
    expect(data.map(({ task_id }) => task_id)).toEqual(taken.map(({ task_id }) => task_id));
    expect(data.filter(({ error }) => error !== null)).toEqual([]);
  }
});

test('nothing of another organization can be reached by an item of a request', async () => {
  await using both = await useTwoOrganizations();
  const before = await both.readAcme();
  const foreign = both.taskIds.map((task_id) => ({ task_id, claim_token: both.claimToken }));
  const unknown = both.taskIds.map(() => ({ task_id: 'nobody-has-this', claim_token: both.claimToken }));
  for (const path of ['/claims/heartbeat', '/claims/done']) {
    const send = (claims: object[]) => both.beta.call<{ error: Refusal }[]>('POST', path, { body: { claims } });
    const answers = [await send(foreign), await send(unknown)].map(({ data }) => data.map(({ error }) => error));
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.map(({ code }) => code)).toEqual(both.taskIds.map(() => 'not_found'));
    const naming = (organization_id: string) => send([{ task_id: `${secret}-claimed`, claim_token: both.claimToken, organization_id }]);
    const named = [await naming(both.organizationId), await naming('nobody')].map(({ status, text }) => [status, text]);
    expect(named[0]).toEqual(named[1]);
    expect(named[0]?.[0]).toBe(403);
  }
  const create = (organization_id: string) =>
    both.beta.call('POST', '/tasks/batch', { body: { tasks: [{ title: 'Ours' }, { title: 'x', organization_id }] } });
  const refused = [await create(both.organizationId), await create('nobody')].map(({ status, text }) => [status, text]);
  expect(refused[0]).toEqual(refused[1]);
  expect(refused[0]?.[0]).toBe(403);
  const taken = await both.beta.call<ClaimedTask[]>('POST', '/tasks/claim-batch', { body: { agent: 'intruder', max_tasks: 100 } });
  expect(taken.data.map(({ task }) => task.id)).toEqual(['own-one', 'own-two', 'own-three']);
  expect(await both.readAcme()).toBe(before);
});
