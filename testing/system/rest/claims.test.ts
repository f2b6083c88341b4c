import { expect, test } from 'vitest';
import { bareClaim, bareTask, time, token } from '../harness/task-shape.ts';
import { type Acme, useAcme } from '../harness/use-acme.ts';

/** Ends a lease without waiting for its time. */
async function expire({ services, organizationId }: Acme, taskId: string): Promise<void> {
  const at = "clock_timestamp() - interval '1 ms'";
  const one = "organization_id = $1 AND id = $2 AND status = 'claimed'";
  await services.pool.query(`UPDATE tasks SET expires_at = ${at} WHERE ${one}`, [organizationId, taskId]);
}

test('POST /tasks/claim-next answers 200 with the task and a claim with its token, and {data: null} when nothing is available', async () => {
  await using acme = await useAcme();
  const nothing = await acme.rest.claimNext({ agent: 'ann' });
  expect(nothing).toMatchObject({ status: 200, text: '{"data":null}' });
  await acme.rest.create({ id: 'one', title: 'One' });
  const { status, data } = await acme.rest.claimNext({ agent: 'ann', lease_seconds: 60 });
  expect(status).toBe(200);
  const claim = bareClaim(acme.organizationId, 'one', 'ann');
  expect(data).toEqual({
    task: { ...bareTask(acme.organizationId, 'one', 'One'), status: 'claimed', attempts: 1, claim },
    claim: { ...claim, claim_token: token },
  });
  expect(Date.parse(data?.claim.expires_at ?? '') - Date.parse(data?.claim.claimed_at ?? '')).toBe(60_000);
});

test('claim-next takes only tasks that match every filter', async () => {
  await using acme = await useAcme();
  const task = { owner: 'bill', project: 'site', layer: 'core', milestone: 'v1' };
  await acme.rest.create({ id: 'one', title: 'One', ...task });
  for (const [field, other] of Object.entries({ owner: 'ann', project: 'app', layer: 'ops', milestone: 'v2', stage: 'merge' })) {
    expect((await acme.rest.claimNext({ agent: 'ann', ...task, [field]: other })).text, field).toBe('{"data":null}');
  }
  expect((await acme.rest.claimNext({ agent: 'ann', ...task, stage: 'build' })).data?.task.id).toBe('one');
});

test('claim-next passes over held, postponed, claimed, done and archived tasks', async () => {
  await using acme = await useAcme();
  for (const id of ['held', 'postponed', 'claimed', 'done', 'archived']) await acme.rest.create({ id, title: 'One', held: id === 'held' });
  for (const id of ['postponed', 'claimed', 'done']) await acme.rest.claim(id, { agent: 'ann' });
  await acme.rest.release('postponed', { agent: 'ann', retry_after_seconds: 3600 });
  await acme.rest.done('done', { agent: 'ann' });
  await acme.rest.archive('archived');
  expect((await acme.rest.claimNext({ agent: 'ann' })).data).toBeNull();
  expect((await acme.rest.claim('held', { agent: 'ann' })).status).toBe(200);
  expect((await acme.rest.claim('postponed', { agent: 'ann' })).status).toBe(200);
});

test('wait_seconds holds claim-next open until a task is there', async () => {
  await using acme = await useAcme();
  const waiting = acme.rest.claimNext({ agent: 'ann', wait_seconds: 20 });
  await acme.rest.create({ id: 'late', title: 'Late' });
  expect((await waiting).data?.task.id).toBe('late');
});

test.each(['/claim/one', '/tasks/one/claim'])('POST %s answers 200 with the task and its claim', async (path) => {
  await using acme = await useAcme();
  await acme.rest.create({ id: 'one', title: 'One' });
  const answer = await acme.rest.call('POST', path, { body: { agent: 'ann', lease_seconds: 30 } });
  const claim = bareClaim(acme.organizationId, 'one', 'ann');
  const data = {
    task: { ...bareTask(acme.organizationId, 'one', 'One'), status: 'claimed', attempts: 1, claim },
    claim: { ...claim, claim_token: token },
  };
  expect(answer).toMatchObject({ status: 200 });
  expect(answer.data).toEqual(data);
});

test('POST /claim/:taskId refuses claimed, done, archived and unknown tasks, and names the holder', async () => {
  await using acme = await useAcme();
  await acme.rest.create({ id: 'one', title: 'One' });
  const { data } = await acme.rest.claim('one', { agent: 'ann' });
  const refused = await acme.rest.claim('one', { agent: 'eve' });
  expect(refused).toMatchObject({ status: 409, error: { code: 'already_claimed', details: { agent: 'ann' } } });
  expect(Date.parse(refused.error.details?.expires_at ?? '')).toBe(Date.parse(data.claim.expires_at));
  await acme.rest.done('one', {});
  expect(await acme.rest.claim('one', { agent: 'eve' })).toMatchObject({ status: 409, error: { code: 'already_done' } });
  expect(await acme.rest.claim('nothing', { agent: 'eve' })).toMatchObject({ status: 404, error: { code: 'not_found' } });
});

test('POST /heartbeat/:taskId answers the claim without its token, its lease renewed for its full length', async () => {
  await using acme = await useAcme();
  await acme.rest.create({ id: 'one', title: 'One' });
  const { data } = await acme.rest.claim('one', { agent: 'ann', lease_seconds: 90 });
  for (const holder of [{ agent: 'ann' }, { agent: 'ann', claim_token: data.claim.claim_token }]) {
    const beat = await acme.rest.heartbeat('one', holder);
    expect(beat).toMatchObject({ status: 200 });
    expect(beat.data).toEqual(bareClaim(acme.organizationId, 'one', 'ann'));
    expect(Date.parse(beat.data.expires_at) - Date.parse(beat.data.last_heartbeat_at)).toBe(90_000);
    expect(beat.data.last_heartbeat_at > data.claim.last_heartbeat_at).toBe(true);
    expect(beat.data.claimed_at).toBe(data.claim.claimed_at);
  }
});

test('heartbeat, done and release by a caller that does not hold the task are 409 and change nothing', async () => {
  await using acme = await useAcme();
  await acme.rest.create({ id: 'one', title: 'One' });
  for (const act of ['heartbeat', 'done', 'release'] as const) {
    expect(await acme.rest[act]('one', { agent: 'eve' }), act).toMatchObject({ status: 409, error: { code: 'not_claimed' } });
  }
  await acme.rest.claim('one', { agent: 'ann' });
  const before = (await acme.rest.get('one')).text;
  for (const act of ['heartbeat', 'done', 'release'] as const) {
    expect(await acme.rest[act]('one', { agent: 'eve' }), act).toMatchObject({ status: 409, error: { code: 'claim_lost' } });
    expect(await acme.rest[act]('one', { agent: 'ann', claim_token: 'made-up' }), act).toMatchObject({ status: 409, error: { code: 'claim_lost' } });
    expect(await acme.rest[act]('nothing', { agent: 'ann' }), act).toMatchObject({ status: 404, error: { code: 'not_found' } });
  }
  expect((await acme.rest.get('one')).text).toBe(before);
});

test('a lease is over at the instant it expires: its holder is refused, and a claim by id gets the task', async () => {
  await using acme = await useAcme();
  await acme.rest.create({ id: 'one', title: 'One' });
  const { data: first } = await acme.rest.claim('one', { agent: 'ann' });
  const late = { agent: 'ann', claim_token: first.claim.claim_token };
  await expire(acme, 'one');
  const { data: second } = await acme.rest.claim('one', { agent: 'eve' });
  expect(second.claim).toMatchObject({ agent: 'eve', attempt: 2 });
  for (const act of ['heartbeat', 'done', 'release'] as const) {
    expect(await acme.rest[act]('one', late), act).toMatchObject({ status: 409, error: { code: 'claim_lost' } });
    expect(await acme.rest[act]('one', { agent: 'ann' }), act).toMatchObject({ status: 409, error: { code: 'claim_lost' } });
  }
  const types = (await acme.rest.activity('one')).data.map(({ type, attempt }) => `${type} ${attempt}`);
  expect(types).toEqual(['task.created 0', 'task.claimed 1', 'task.expired 1', 'task.claimed 2']);
});

test('POST /done/:taskId answers the finished task; a repeat with its token gets the same answer and makes no second event', async () => {
  await using acme = await useAcme();
  await acme.rest.create({ id: 'one', title: 'One', notes: 'Before' });
  const { data } = await acme.rest.claim('one', { agent: 'ann' });
  const body = { claim_token: data.claim.claim_token, notes: 'After', pr_urls: ['https://example.com/1'], commits: ['abc', 'def'] };
  const done = await acme.rest.done('one', body);
  expect(done).toMatchObject({ status: 200 });
  const left = { notes: 'After', pr_urls: body.pr_urls, commits: body.commits };
  expect(done.data).toEqual({ ...bareTask(acme.organizationId, 'one', 'One'), status: 'done', attempts: 1, completed_at: time, ...left });
  expect((await acme.rest.done('one', body)).text).toBe(done.text);
  expect(await acme.rest.done('one', { claim_token: 'made-up' })).toMatchObject({ status: 409, error: { code: 'already_done' } });
  expect(await acme.rest.release('one', { agent: 'ann' })).toMatchObject({ status: 409, error: { code: 'already_done' } });
  expect((await acme.rest.activity('one')).data.filter(({ type }) => type === 'task.completed')).toHaveLength(1);
});

test('POST /release/:taskId answers the task as it returns to the queue, with what its holder left', async () => {
  await using acme = await useAcme();
  await acme.rest.create({ id: 'one', title: 'One' });
  await acme.rest.claim('one', { agent: 'ann' });
  const left = { notes: 'Tried', branch: 'task/one', pr_urls: ['https://example.com/1'], commits: ['abc'], context_handoff: 'Look there' };
  const released = await acme.rest.release('one', { agent: 'ann', release_reason: 'timeout', retry_after_seconds: 60, ...left });
  expect(released).toMatchObject({ status: 200 });
  const standing = { attempts: 1, available_at: time, release_reason: 'timeout' };
  expect(released.data).toEqual({ ...bareTask(acme.organizationId, 'one', 'One'), ...standing, ...left });
});

test.each([
  ['completed', { stage: 'merge', held: false }],
  ['blocked', { stage: 'build', held: true }],
  ['needs_human', { stage: 'build', held: true }],
  ['timeout', { stage: 'build', held: false }],
  ['reassigned', { stage: 'build', held: false }],
  ['out_of_scope', { stage: 'build', held: false }],
])('a release with the reason %s leaves the task %o', async (reason, standing) => {
  await using acme = await useAcme();
  await acme.rest.create({ id: 'one', title: 'One' });
  await acme.rest.claim('one', { agent: 'ann' });
  const { data } = await acme.rest.release('one', { release_reason: reason });
  expect(data).toMatchObject({ status: 'pending', release_reason: reason, ...standing });
  const next = await acme.rest.claimNext({ agent: 'eve', stage: standing.stage });
  expect(next.data === null).toBe(standing.held);
});

test('a built task is handed out for merging only, and audit_failed sends it back to build', async () => {
  await using acme = await useAcme();
  await acme.rest.create({ id: 'one', title: 'One' });
  await acme.rest.claim('one', { agent: 'ann' });
  await acme.rest.release('one', { release_reason: 'completed', branch: 'task/one' });
  expect((await acme.rest.claimNext({ agent: 'eve' })).data).toBeNull();
  expect((await acme.rest.claimNext({ agent: 'eve', stage: 'merge' })).data?.task).toMatchObject({ id: 'one', stage: 'merge', branch: 'task/one' });
  expect((await acme.rest.release('one', { release_reason: 'audit_failed' })).data.stage).toBe('build');
  expect((await acme.rest.claimNext({ agent: 'ann' })).data?.task.id).toBe('one');
});

test('after DISPATCHER_MAX_ATTEMPTS failed claims the server holds the task until a person takes it up', async () => {
  await using acme = await useAcme({ settings: { DISPATCHER_MAX_ATTEMPTS: '2' } });
  await acme.rest.create({ id: 'one', title: 'One' });
  for (const held of [false, true]) {
    expect((await acme.rest.claimNext({ agent: 'ann' })).data?.task.id).toBe('one');
    expect((await acme.rest.release('one', {})).data.held).toBe(held);
  }
  expect((await acme.rest.claimNext({ agent: 'ann' })).data).toBeNull();
  await acme.rest.update('one', { held: false });
  expect((await acme.rest.claimNext({ agent: 'ann' })).data?.task.id).toBe('one');
});

test('claim, heartbeat, done and release refuse invalid fields by name', async () => {
  await using acme = await useAcme();
  await acme.rest.create({ id: 'one', title: 'One' });
  const refused = [
    ['/tasks/claim-next', {}, 'agent'],
    ['/tasks/claim-next', { agent: 'x'.repeat(201) }, 'agent'],
    ['/tasks/claim-next', { agent: 'ann', lease_seconds: 29 }, 'lease_seconds'],
    ['/tasks/claim-next', { agent: 'ann', wait_seconds: 31 }, 'wait_seconds'],
    ['/tasks/claim-next', { agent: 'ann', layer: 'middle' }, 'layer'],
    ['/tasks/claim-next', { agent: 'ann', stage: 'test' }, 'stage'],
    ['/claim/one', { agent: 'ann', lease_seconds: 1801 }, 'lease_seconds'],
    ['/claim/one', { agent: 'ann', wait_seconds: 1 }, 'wait_seconds'],
    ['/heartbeat/one', { claim_token: 'x' }, 'agent'],
    ['/done/one', { notes: 7 }, 'notes'],
    ['/done/one', { pr_urls: 'https://example.com' }, 'pr_urls'],
    ['/done/one', { commits: [''] }, 'commits.0'],
    ['/release/one', { release_reason: 'bored' }, 'release_reason'],
    ['/release/one', { retry_after_seconds: 86_401 }, 'retry_after_seconds'],
    ['/release/one', { context_handoff: 'x'.repeat(65_537) }, 'context_handoff'],
  ] as const;
  for (const [path, body, field] of refused) {
    const answer = await acme.rest.call('POST', path, { body });
    expect(answer, `${path} ${field}`).toMatchObject({ status: 400, error: { code: 'invalid_argument' } });
    expect(answer.error.details?.field, path).toContain(field.split('.')[0]);
  }
});

test('GET /claims answers the live claims without their tokens, oldest first, by agent and by page', async () => {
  await using acme = await useAcme();
  expect(await acme.rest.claims()).toMatchObject({ status: 200, text: '{"data":[],"meta":{"limit":20,"offset":0,"has_more":false}}' });
  for (const id of ['one', 'two', 'three']) await acme.rest.create({ id, title: 'One' });
  for (const [id, agent] of [
    ['two', 'ann'],
    ['three', 'eve'],
    ['one', 'ann'],
  ] as const)
    await acme.rest.claim(id, { agent });
  const all = await acme.rest.claims();
  expect(all.data).toEqual([
    bareClaim(acme.organizationId, 'two', 'ann'),
    bareClaim(acme.organizationId, 'three', 'eve'),
    bareClaim(acme.organizationId, 'one', 'ann'),
  ]);
  expect((await acme.rest.claims('?agent=ann')).data.map((claim) => claim.task_id)).toEqual(['two', 'one']);
  const page = await acme.rest.claims('?limit=2');
  expect(page.meta).toMatchObject({ has_more: true, next_cursor: expect.any(String) });
  expect((await acme.rest.claims(`?limit=2&cursor=${page.meta.next_cursor}`)).data).toEqual(all.data.slice(2));
  expect(await acme.rest.claims('?limit=0')).toMatchObject({ status: 400, error: { details: { field: 'limit' } } });
  await expire(acme, 'two');
  await acme.rest.done('three', {});
  expect((await acme.rest.claims()).data.map((claim) => claim.task_id)).toEqual(['one']);
});
