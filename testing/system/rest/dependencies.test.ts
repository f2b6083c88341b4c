import { expect, test } from 'vitest';
import { useAcme } from '../harness/use-acme.ts';

const agent = 'ann';

test('claiming a blocked task is a 409 with the list of tasks that block it, until they are done', async () => {
  await using acme = await useAcme();
  const { rest } = acme;
  await rest.create({ id: 'first', title: 'First' });
  const made = await rest.create({ id: 'second', title: 'Second', depends_on: ['first'] });
  expect(made).toMatchObject({ status: 201, data: { depends_on: ['first'], blocked_by: ['first'], concurrency_key: null } });
  expect(await rest.claim('second', { agent })).toMatchObject({ status: 409, error: { code: 'blocked', details: { blocked_by: ['first'] } } });
  expect((await rest.claimNext({ agent })).data?.task.id).toBe('first');
  await rest.call('POST', '/done/first', { body: {} });
  expect((await rest.claimNext({ agent })).data?.task).toMatchObject({ id: 'second', depends_on: ['first'], blocked_by: [] });
});

test('null and an empty list remove all dependencies of a task, and an id that the organization does not have is a 400', async () => {
  await using acme = await useAcme();
  const { rest } = acme;
  await rest.create({ id: 'first', title: 'First' });
  for (const nothing of [null, []]) {
    await rest.create({ id: `waits-${nothing}`, title: 'Waits', depends_on: ['first'] });
    expect(await rest.update(`waits-${nothing}`, { depends_on: nothing })).toMatchObject({ status: 200, data: { depends_on: [], blocked_by: [] } });
  }
  const many = Array.from({ length: 65 }, (_, n) => `t${n}`);
  for (const depends_on of [['nobody-has-this'], ['first', 'first'], ['No slug'], many, 'first', [7]])
    expect(await rest.create({ title: 'No', depends_on }), JSON.stringify(depends_on)).toMatchObject({
      status: 400,
      error: { code: 'invalid_argument', details: { field: expect.stringMatching(/^depends_on/) } },
    });
});

test('a circular dependency is a 409 with the ids in the circle, and the graph shows the dependencies that exist', async () => {
  await using acme = await useAcme();
  const { rest } = acme;
  await rest.create({ id: 'a', title: 'A' });
  await rest.create({ id: 'b', title: 'B', depends_on: ['a'] });
  await rest.create({ id: 'c', title: 'C', depends_on: ['b'] });
  expect(await rest.update('a', { depends_on: ['c'] })).toMatchObject({
    status: 409,
    error: { code: 'dependency_cycle', details: { path: ['a', 'b', 'c', 'a'] } },
  });
  const node = (id: string, blocked: boolean) => ({ id, title: id.toUpperCase(), status: 'pending', held: false, blocked, archived: false });
  expect((await rest.call('GET', '/tasks/b/graph')).data).toEqual({
    nodes: [node('b', true), node('a', false), node('c', true)],
    edges: expect.arrayContaining([
      { from: 'a', to: 'b' },
      { from: 'b', to: 'c' },
    ]),
    truncated: false,
  });
});

test('a taken concurrency key is a 409 that names its holder', async () => {
  await using acme = await useAcme();
  const { rest } = acme;
  for (const id of ['one', 'two']) await rest.create({ id, title: id, concurrency_key: 'deploy' });
  const { data } = await rest.claim('one', { agent });
  expect(await rest.claim('two', { agent: 'bob' })).toMatchObject({
    status: 409,
    error: { code: 'concurrency_limit', details: { concurrency_key: 'deploy', task_id: 'one', agent } },
  });
  expect(data.claim.agent).toBe(agent);
  expect((await rest.claimNext({ agent: 'bob' })).data).toBeNull();
  expect(await rest.update('two', { concurrency_key: null })).toMatchObject({ status: 200, data: { concurrency_key: null } });
  expect((await rest.claimNext({ agent: 'bob' })).data?.task.id).toBe('two');
});

test('the event task.unblocked comes once, after the last dependency ended', async () => {
  await using acme = await useAcme();
  const { rest } = acme;
  for (const id of ['one', 'two']) await rest.create({ id, title: id });
  await rest.create({ id: 'last', title: 'Last', depends_on: ['one', 'two'] });
  for (const id of ['one', 'two']) await rest.call('POST', `/tasks/${id}/archive`, { body: {} });
  const { data } = await rest.activity('last');
  expect(data.map(({ type, actor }) => [type, actor])).toEqual([
    ['task.created', 'key:test'],
    ['task.unblocked', null],
  ]);
});
