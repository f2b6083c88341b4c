import type { TaskExplanation } from '@recursiv/sdk';
import { expect, test } from 'vitest';
import { apiPath } from '../harness/api-path.ts';
import type { RestClient } from '../harness/rest-client.ts';
import { useAcme } from '../harness/use-acme.ts';

const agent = 'ann';

const explain = async (rest: RestClient, id: string, query = '') => (await rest.call<TaskExplanation>('GET', `/tasks/${id}/explain${query}`)).data;

/** Brings a task `t` into each state in which it can wait, next to the tasks that cause this state. */
const states: Record<string, { codes: string[]; make: (rest: RestClient) => Promise<unknown> }> = {
  ready: { codes: ['ready'], make: async () => undefined },
  held: { codes: ['held'], make: (rest) => rest.update('t', { held: true }) },
  blocked: { codes: ['blocked'], make: (rest) => rest.update('t', { depends_on: ['other'] }) },
  'held, blocked': { codes: ['held', 'blocked'], make: (rest) => rest.update('t', { held: true, depends_on: ['other'] }) },
  waiting: {
    codes: ['waiting'],
    async make(rest) {
      await rest.claim('t', { agent: 'bob' });
      await rest.release('t', { agent: 'bob', retry_after_seconds: 3600 });
    },
  },
  'held, waiting': {
    codes: ['held', 'waiting'],
    async make(rest) {
      await rest.claim('t', { agent: 'bob' });
      await rest.release('t', { agent: 'bob', release_reason: 'needs_human', retry_after_seconds: 3600 });
    },
  },
  concurrency_limit: {
    codes: ['concurrency_limit'],
    async make(rest) {
      for (const id of ['t', 'other']) await rest.update(id, { concurrency_key: 'deploy' });
      await rest.claim('other', { agent: 'bob' });
    },
  },
  claimed: { codes: ['claimed'], make: (rest) => rest.claim('t', { agent: 'bob' }) },
  done: {
    codes: ['done'],
    async make(rest) {
      await rest.claim('t', { agent: 'bob' });
      await rest.done('t', { agent: 'bob' });
    },
  },
  archived: { codes: ['archived'], make: (rest) => rest.archive('t') },
};

test.each(Object.keys(states))('the explanation of a task that is %s gives all reasons, and each next action does what it says', async (name) => {
  const { codes, make } = states[name] ?? { codes: [], make: async () => undefined };
  // Each action is tried on a fresh task.
  for (let index = 0, count = 1; index < count; index += 1) {
    await using acme = await useAcme();
    const { rest } = acme;
    for (const id of ['t', 'other']) await rest.create({ id, title: id });
    await make(rest);
    const data = await explain(rest, 't');
    expect(data.reasons.map(({ code }) => code)).toEqual(codes);
    expect(data.claimable).toBe(name === 'ready');
    expect(data.position === null).toBe(!data.claimable);
    count = data.next_actions.length;
    expect(count).toBeGreaterThan(0);
    const action = data.next_actions[index];
    if (action) await expectEffect(rest, action);
  }
});

async function expectEffect(rest: RestClient, { method, path, body, why }: TaskExplanation['next_actions'][number]): Promise<void> {
  const options = body === null ? {} : { body: JSON.parse(body.replace('{agent}', agent)) };
  const answer = await rest.call<Record<string, unknown>>(method, path.slice(apiPath.length), options);
  expect(answer.status, why).toBe(200);
  const codes = (await explain(rest, 't')).reasons.map(({ code }) => code);
  if (why.startsWith('Claims it now')) expect([codes[0], (await rest.get('t')).data.claim?.agent]).toEqual(['claimed', agent]);
  else if (why.startsWith('Takes it up again')) expect(codes).not.toContain('held');
  else if (why.startsWith('Says where other stands')) expect(answer.data).toHaveProperty('reasons');
  else if (why.startsWith('Shows all that it waits for')) expect(answer.data).toHaveProperty('edges', [{ from: 'other', to: 't' }]);
  else expect([why, Array.isArray(answer.data)]).toEqual(['Shows what happened to it, and who did it.', true]);
}

test('the position is the place in the order of claim-next, and the score is shown with its parts', async () => {
  await using acme = await useAcme();
  const { rest } = acme;
  for (const [id, rev] of [
    ['third', 1],
    ['first', 9],
    ['fourth', 1],
    ['second', 5],
  ] as const)
    await rest.create({ id, title: id, rev, effort: 4 });
  await rest.create({ id: 'held', title: 'held', rev: 10, held: true });
  await rest.create({ id: 'merge', title: 'merge' });
  await rest.claim('merge', { agent });
  await rest.release('merge', { agent, release_reason: 'completed' });
  for (const [i, id] of ['first', 'second', 'third', 'fourth'].entries())
    expect(await explain(rest, id)).toMatchObject({ claimable: true, position: i + 1, ahead: i });
  expect(await explain(rest, 'held')).toMatchObject({ claimable: false, position: null, ahead: 0 });
  expect(await explain(rest, 'merge')).toMatchObject({
    claimable: true,
    position: 1,
    reasons: [{ message: expect.stringContaining('stage merge') }],
  });
  expect((await explain(rest, 'first')).score).toEqual({
    inputs: [
      { name: 'rev', value: 9, weight: 3, points: 27 },
      ...[
        ['use', 2],
        ['ts', 2],
        ['sec', 4],
        ['stab', 2],
      ].map(([name, weight]) => ({ name, value: null, weight, points: 0 })),
    ],
    divisor: 4,
    score: 6.75,
    age_days: 0,
    half_life_days: 14,
    effective_score: 6.75,
  });
  for (const id of ['first', 'second', 'third', 'fourth']) expect((await rest.claimNext({ agent })).data?.task.id).toBe(id);
});

test('the details are for programs, and the calls for the admin name the organization', async () => {
  await using acme = await useAcme();
  const { rest, admin, organizationId } = acme;
  await rest.create({ id: 'a', title: 'A' });
  await rest.create({ id: 'b', title: 'B', depends_on: ['a'], held: true });
  const { reasons } = await explain(rest, 'b');
  const nothing = { agent: null, expires_at: null, release_reason: null, available_at: null, concurrency_key: null, task_id: null, since: null };
  expect(reasons.map(({ details }) => details)).toEqual([
    { ...nothing, blocked_by: [] },
    { ...nothing, blocked_by: ['a'] },
  ]);
  const { next_actions } = await explain(admin, 'b', `?organization_id=${organizationId}`);
  for (const { method, path, body } of next_actions) {
    expect(path).toContain(`organization_id=${organizationId}`);
    const options = body === null ? {} : { body: JSON.parse(body.replace('{agent}', agent)) };
    expect((await admin.call(method, path.slice(apiPath.length), options)).status).toBe(200);
  }
});
