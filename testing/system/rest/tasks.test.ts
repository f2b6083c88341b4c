import { expect, test } from 'vitest';
import { bareClaim, bareTask, time } from '../harness/task-shape.ts';
import { useAcme } from '../harness/use-acme.ts';

const everything = {
  id: 'all-of-it',
  title: 'All of it',
  description: 'With an emoji 🙂 and\na line',
  project: 'site',
  owner: 'bill',
  milestone: 'v1-launch',
  layer: 'core',
  rev: 1.5,
  use: 2,
  ts: 3,
  sec: 4,
  stab: 5,
  effort: 8,
  held: true,
  notes: 'Careful',
};

test('POST /tasks answers 201 with every field of the contract and no other, absent ones null', async () => {
  await using acme = await useAcme();
  const bare = await acme.rest.create({ title: 'One' });
  expect(bare.status).toBe(201);
  expect(bare.data).toEqual({ ...bareTask(acme.organizationId, expect.any(String) as unknown as string, 'One') });
  expect(Object.keys(bare.data)).toEqual(Object.keys(bareTask('', '', '')));
  expect(bare.data.id).toMatch(/^[a-z0-9][a-z0-9._-]{0,127}$/);
  const full = await acme.rest.create(everything);
  const score = (1.5 * 3 + 2 * 2 + 3 * 2 + 4 * 4 + 5 * 2) / 8;
  expect(full.data).toEqual({ ...bareTask(acme.organizationId, 'all-of-it', ''), ...everything, score, effective_score: score });
});

test('POST /tasks refuses invalid fields by name', async () => {
  await using acme = await useAcme();
  await acme.rest.create({ id: 'taken', title: 'One' });
  expect(await acme.rest.create({ id: 'taken', title: 'Other' })).toMatchObject({ status: 409, error: { code: 'duplicate_id' } });
  const refused: [object, string][] = [
    [{}, 'title'],
    [{ title: '' }, 'title'],
    [{ title: 'x'.repeat(501) }, 'title'],
    [{ title: 7 }, 'title'],
    [{ title: 'One', nonsense: 1 }, 'nonsense'],
    [{ title: 'One', id: 'Not A Slug' }, 'id'],
    [{ title: 'One', id: `a${'b'.repeat(128)}` }, 'id'],
    [{ title: 'One', owner: 'x'.repeat(201) }, 'owner'],
    [{ title: 'One', milestone: '' }, 'milestone'],
    [{ title: 'One', layer: 'middle' }, 'layer'],
    [{ title: 'One', rev: 10.01 }, 'rev'],
    [{ title: 'One', sec: -1 }, 'sec'],
    [{ title: 'One', effort: 0 }, 'effort'],
    [{ title: 'One', effort: 101 }, 'effort'],
    [{ title: 'One', held: 'true' }, 'held'],
    [{ title: 'One', description: 'x'.repeat(64 * 1024 + 1) }, 'description'],
    [{ title: 'One', notes: 'a\0b' }, 'notes'],
    [{ title: 'One', status: 'done' }, 'status'],
    [{ title: 'One', organization_id: 'Not A Slug' }, 'organization_id'],
  ];
  for (const [body, field] of refused) {
    const answer = await acme.rest.create(body);
    expect(answer, JSON.stringify(body).slice(0, 80)).toMatchObject({
      status: field === 'organization_id' ? 403 : 400,
      error: { details: { field } },
    });
  }
  expect((await acme.rest.list()).data).toHaveLength(1);
});

test('GET /tasks/:taskId answers the task, archived ones included, and 404 for an unknown id', async () => {
  await using acme = await useAcme();
  const { data } = await acme.rest.create(everything);
  expect(await acme.rest.get('all-of-it')).toMatchObject({ status: 200, data });
  await acme.rest.archive('all-of-it');
  expect((await acme.rest.get('all-of-it')).data).toEqual({ ...data, archived_at: time });
  expect(await acme.rest.get('nothing')).toMatchObject({ status: 404, error: { type: 'not_found_error', code: 'not_found' } });
});

test('GET /tasks answers {data, meta} in pages without gap or overlap', async () => {
  await using acme = await useAcme();
  const empty = await acme.rest.list();
  expect(empty).toMatchObject({ status: 200, text: '{"data":[],"meta":{"limit":20,"offset":0,"has_more":false}}' });
  for (let i = 0; i < 23; i++) await acme.rest.create({ id: `task-${i}`, title: 'One', rev: i % 5 });
  const all = await acme.rest.list('?limit=200');
  expect(all.meta).toEqual({ limit: 200, offset: 0, has_more: false });
  const first = await acme.rest.list();
  expect(first.meta).toEqual({ limit: 20, offset: 0, has_more: true, next_cursor: expect.any(String) });
  const second = await acme.rest.list(`?cursor=${first.meta.next_cursor}`);
  expect(second.meta).toEqual({ limit: 20, offset: 0, has_more: false });
  expect([...first.data, ...second.data]).toEqual(all.data);
  const byOffset = await acme.rest.list('?limit=7&offset=14');
  expect(byOffset).toMatchObject({ data: all.data.slice(14, 21), meta: { limit: 7, offset: 14, has_more: true } });
});

test('GET /tasks filters by each field of the contract, and by all of them together', async () => {
  await using acme = await useAcme();
  await acme.rest.create(everything);
  await acme.rest.create({ id: 'other', title: 'Other', owner: 'ann', milestone: 'v2', layer: 'ops', project: 'app', rev: 9 });
  const ids = async (query: string) => (await acme.rest.list(query)).data.map(({ id }) => id);
  expect(await ids('')).toEqual(['other', 'all-of-it']);
  for (const filter of ['owner=bill', 'milestone=v1-launch', 'layer=core', 'project=site', 'held=true'])
    expect(await ids(`?${filter}`), filter).toEqual(['all-of-it']);
  expect(await ids('?owner=bill&milestone=v1-launch&layer=core&project=site&held=true&stage=build&status=pending')).toEqual(['all-of-it']);
  expect(await ids('?stage=merge')).toEqual([]);
  await acme.rest.claim('other', { agent: 'one' });
  expect(await ids('?status=claimed')).toEqual(['other']);
  expect(await ids('?status=in_progress')).toEqual(['other']);
  await acme.rest.done('other', {});
  expect(await ids('?status=done')).toEqual(['other']);
  await acme.rest.archive('other');
  expect(await ids('')).toEqual(['all-of-it']);
});

test('GET /tasks refuses a parameter that is wrong, unknown or doubled, and names it', async () => {
  await using acme = await useAcme();
  const wrong = [
    'limit=0',
    'limit=201',
    'limit=many',
    'limit=1.5',
    'offset=-1',
    'status=open',
    'layer=middle',
    'held=1',
    'stage=',
    'cursor=made-up',
    'nonsense=1',
  ];
  for (const query of wrong) {
    expect(await acme.rest.list(`?${query}`), query).toMatchObject({
      status: 400,
      error: { code: 'invalid_argument', details: { field: query.split('=')[0] } },
    });
  }
  expect(await acme.rest.list('?owner=a&owner=b')).toMatchObject({ status: 400, error: { details: { field: 'owner' } } });
});

test('PATCH /tasks/:taskId changes the fields it names, clears those that are null, and leaves the rest', async () => {
  await using acme = await useAcme();
  const { data: before } = await acme.rest.create(everything);
  const changed = await acme.rest.update('all-of-it', { title: 'Part', description: null, rev: null, sec: 10, held: false });
  const score = (2 * 2 + 3 * 2 + 10 * 4 + 5 * 2) / 8;
  const content = { title: 'Part', description: null, rev: null, sec: 10, held: false, score, effective_score: score };
  expect(changed).toMatchObject({ status: 200, data: { ...before, ...content, updated_at: time } });
  expect(changed.data.updated_at > before.updated_at).toBe(true);
});

test('PATCH /tasks/:taskId never touches the status, the title cannot be cleared, and an archived task is left alone', async () => {
  await using acme = await useAcme();
  await acme.rest.create({ id: 'one', title: 'One' });
  for (const body of [{ status: 'done' }, { title: null }, { id: 'other' }, { score: 10 }, { update_mask: 'title' }]) {
    expect(await acme.rest.update('one', body)).toMatchObject({ status: 400, error: { details: { field: Object.keys(body)[0] } } });
  }
  expect(await acme.rest.update('nothing', { title: 'Two' })).toMatchObject({ status: 404, error: { code: 'not_found' } });
  await acme.rest.archive('one');
  expect(await acme.rest.update('one', { title: 'Two' })).toMatchObject({ status: 409, error: { code: 'archived' } });
});

test('POST /tasks/:taskId/archive ends a live claim, and archiving again changes nothing', async () => {
  await using acme = await useAcme();
  await acme.rest.create({ id: 'one', title: 'One' });
  const { data } = await acme.rest.claim('one', { agent: 'ann' });
  const archived = await acme.rest.archive('one');
  expect(archived).toMatchObject({ status: 200, data: { status: 'pending', claim: null, archived_at: time } });
  expect((await acme.rest.archive('one')).text).toBe(archived.text);
  const claimToken = data.claim.claim_token;
  expect(await acme.rest.heartbeat('one', { agent: 'ann', claim_token: claimToken })).toMatchObject({ status: 409, error: { code: 'archived' } });
  expect(await acme.rest.claim('one', { agent: 'ann' })).toMatchObject({ status: 409, error: { code: 'archived' } });
  expect((await acme.rest.claimNext({ agent: 'ann' })).text).toBe('{"data":null}');
  expect((await acme.rest.stats()).data.byStatus).toEqual({ pending: 0, claimed: 0, done: 0 });
  expect(await acme.rest.archive('nothing')).toMatchObject({ status: 404, error: { code: 'not_found' } });
});

test('GET /tasks/:taskId/activity lists every transition once with the agent that made it, oldest first', async () => {
  await using acme = await useAcme();
  await acme.rest.create({ id: 'one', title: 'One', owner: 'bill', layer: 'core', milestone: 'v1', rev: 2 });
  await acme.rest.claim('one', { agent: 'ann' });
  await acme.rest.release('one', { agent: 'ann', release_reason: 'timeout', notes: 'n'.repeat(501), retry_after_seconds: 60 });
  await acme.rest.claim('one', { agent: 'eve' });
  await acme.rest.release('one', { agent: 'eve' });
  await acme.rest.claim('one', { agent: 'eve' });
  await acme.rest.done('one', {});
  const { status, data, meta } = await acme.rest.activity('one');
  expect(status).toBe(200);
  expect(meta).toEqual({ limit: 20, offset: 0, has_more: false });
  expect(data.map(({ type, actor, attempt }) => [type, actor, attempt])).toEqual([
    ['task.created', 'key:test', 0],
    ['task.claimed', 'ann', 1],
    ['task.released', 'ann', 1],
    ['task.claimed', 'eve', 2],
    ['task.released', 'eve', 2],
    ['task.claimed', 'eve', 3],
    ['task.completed', 'key:test', 3],
  ]);
  const task = { id: 'one', title: 'One', status: 'pending', stage: 'build', owner: 'bill', layer: 'core', milestone: 'v1', score: 3 };
  const event = {
    position: expect.any(Number),
    type: 'task.created',
    organization_id: acme.organizationId,
    task_id: 'one',
    occurred_at: time,
    actor: 'key:test',
    attempt: 0,
    task,
  };
  expect(data[0]).toEqual(event);
  expect(data[2]).toMatchObject({ release_reason: 'timeout', notes: 'n'.repeat(500), available_at: time });
  expect(data[4]).toEqual({
    ...event,
    position: expect.any(Number),
    type: 'task.released',
    actor: 'eve',
    attempt: 2,
    release_reason: null,
    notes: null,
    available_at: null,
  });
  const page = await acme.rest.activity('one', '?limit=2');
  const next = await acme.rest.activity('one', `?limit=5&cursor=${page.meta.next_cursor}`);
  expect([...page.data, ...next.data].map(({ attempt }) => attempt)).toEqual([0, 1, 1, 2, 2, 3, 3]);
  expect(await acme.rest.activity('nothing')).toMatchObject({ status: 404, error: { code: 'not_found' } });
});

test('a task shows its live claim without the token, and as null when there is none', async () => {
  await using acme = await useAcme();
  await acme.rest.create({ id: 'one', title: 'One' });
  await acme.rest.claim('one', { agent: 'ann' });
  expect((await acme.rest.get('one')).data).toMatchObject({ status: 'claimed', attempts: 1, claim: bareClaim(acme.organizationId, 'one', 'ann') });
  expect((await acme.rest.get('one')).data.claim).toEqual(bareClaim(acme.organizationId, 'one', 'ann'));
  await acme.rest.release('one', {});
  expect((await acme.rest.get('one')).data).toMatchObject({ status: 'pending', attempts: 1, claim: null });
});
