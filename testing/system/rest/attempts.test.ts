import type { Attempt } from '@recursiv/sdk';
import { expect, test } from 'vitest';
import { time } from '../harness/task-shape.ts';
import { useAcme } from '../harness/use-acme.ts';

test('each attempt says who held it, when, how it ended, and what the holder said at the end', async () => {
  await using acme = await useAcme();
  const { rest, services, organizationId } = acme;
  await rest.create({ id: 't', title: 'T' });
  const attempts = async (query = '') => await rest.call<Attempt[]>('GET', `/tasks/t/attempts${query}`);
  expect((await attempts()).data).toEqual([]);

  await rest.claim('t', { agent: 'ann' });
  await rest.release('t', { agent: 'ann', release_reason: 'not_started' });
  await rest.claim('t', { agent: 'bob' });
  await rest.release('t', { agent: 'bob', release_reason: 'timeout', notes: `${'é'.repeat(500)} and more`, retry_after_seconds: 60 });
  await rest.claim('t', { agent: 'cid' });
  await services.pool.query(`UPDATE tasks SET expires_at = clock_timestamp() WHERE organization_id = $1 AND id = 't'`, [organizationId]);
  await rest.claim('t', { agent: 'dan' });
  await rest.release('t', { agent: 'dan', release_reason: 'completed' });
  await rest.claim('t', { agent: 'eve' });
  const common = { stage: 'build', claimed_at: time, ended_at: time, release_reason: null, notes: null, available_at: null };
  const before = [
    { ...common, attempt: 1, agent: 'ann', how: 'released', release_reason: 'not_started' },
    { ...common, attempt: 1, agent: 'bob', how: 'released', release_reason: 'timeout', notes: 'é'.repeat(500), available_at: time },
    { ...common, attempt: 2, agent: 'cid', how: 'expired' },
    { ...common, attempt: 3, agent: 'dan', how: 'released', release_reason: 'completed' },
  ];
  const last = { ...common, attempt: 4, agent: 'eve', stage: 'merge' };
  expect((await attempts()).data).toEqual([...before, { ...last, ended_at: null, how: 'live' }]);

  await rest.done('t', { agent: 'eve', notes: 'Merged.' });
  await rest.update('t', { notes: 'Somebody else wrote this later.' });
  await rest.archive('t');
  const all = await attempts();
  expect(all.data).toEqual([...before, { ...last, how: 'completed', notes: 'Merged.' }]);
  expect(all.meta).toEqual({ limit: 200, offset: 0, has_more: false });
  const page = await attempts('?limit=2');
  expect(page.data).toEqual(all.data.slice(0, 2));
  expect((await attempts(`?limit=200&cursor=${page.meta.next_cursor}`)).data).toEqual(all.data.slice(2));
});

test('a claim that the archiving of its task ended says so, and no event of a completion carries notes', async () => {
  await using acme = await useAcme();
  const { rest } = acme;
  for (const id of ['gone', 'done']) {
    await rest.create({ id, title: id });
    await rest.claim(id, { agent: 'ann' });
  }
  await rest.archive('gone');
  expect((await rest.call<Attempt[]>('GET', '/tasks/gone/attempts')).data).toMatchObject([{ agent: 'ann', how: 'archived', notes: null }]);
  await rest.done('done', { agent: 'ann', notes: 'Well done.' });
  const { data } = await rest.activity('done');
  expect(data.at(-1)).toMatchObject({ type: 'task.completed' });
  expect(data.at(-1)).not.toHaveProperty('notes');
});
