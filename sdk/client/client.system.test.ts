import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTypeScript, snippetsOf } from '@dispatcher/testing/harness/readme-snippets.ts';
import { type TestDispatcher, useDispatcher } from '@dispatcher/testing/harness/use-dispatcher.ts';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Recursiv } from './recursiv.ts';
import type { StreamItem } from './stream/stream.ts';

const readme = snippetsOf(await readFile(join(import.meta.dirname, 'README.md'), 'utf8'));

describe('with a dispatcher', () => {
  let running: TestDispatcher;
  let baseUrl: string;
  let r: Recursiv;
  let admin: Recursiv;

  beforeAll(async () => {
    running = await useDispatcher();
    baseUrl = `${running.credentials.url}/api/v1`;
    r = new Recursiv({ apiKey: running.credentials.api_key, baseUrl });
    admin = new Recursiv({ apiKey: running.credentials.admin_key, baseUrl });
  });

  afterAll(() => running[Symbol.asyncDispose]());

  test.each(readme.filter(({ language }) => language === 'ts'))('the README’s snippet on line $line runs', async ({ code }) => {
    const variables = { RECURSIV_API_KEY: running.credentials.api_key, RECURSIV_BASE_URL: baseUrl };
    const { code: exitCode, output } = await runTypeScript(code, import.meta.dirname, variables);
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: expect.not.stringContaining('Error') });
  });

  test('every method does what it says, and an answer has every field of its type', async () => {
    const { data: task } = await r.dispatcher.create({ title: 'a', id: 'every', owner: 'every', rev: 5, effort: 2, description: 'long' });
    expect(task).toMatchObject({ id: 'every', organization_id: 'local', score: 7.5, project: null, claim: null, archived_at: null, pr_urls: [] });
    expect((await r.dispatcher.update('every', { description: null, sec: 1 })).data).toMatchObject({ description: null, sec: 1 });
    expect((await r.dispatcher.tasks({ owner: 'every', held: false, limit: 1 })).meta).toEqual({ limit: 1, offset: 0, has_more: false });
    const { data: claimed } = await r.dispatcher.claim('every', { agent: 'a', lease_seconds: 30 });
    expect(claimed.claim.claim_token).toEqual(expect.any(String));
    expect((await r.dispatcher.heartbeat('every', { agent: 'a' })).data.attempt).toBe(1);
    expect((await r.dispatcher.claims({ agent: 'a' })).data).toMatchObject([{ task_id: 'every' }]);
    expect((await r.dispatcher.release('every', { release_reason: 'needs_human' })).data.held).toBe(true);
    expect((await r.dispatcher.archive('every')).data.archived_at).toEqual(expect.any(String));
    const { data: events } = await r.dispatcher.activity('every', { limit: 100 });
    expect(events.map(({ type }) => type)).toEqual(['task.created', 'task.updated', 'task.claimed', 'task.released', 'task.archived']);
    expect(typeof (await r.dispatcher.stats()).data.byStatus.pending).toBe('number');
  });

  test('several tasks are created, claimed, kept alive and done with one call each', async () => {
    const { data: created } = await r.dispatcher.createMany([1, 2, 3].map((n) => ({ title: `many ${n}`, project: 'many' })));
    const { data: claimed } = await r.dispatcher.claimMany({ agent: 'a', project: 'many', max_tasks: 10 });
    expect(claimed.map(({ task }) => task.id)).toEqual(created.map(({ id }) => id));
    const { data: renewed } = await r.dispatcher.heartbeatMany(claimed.map(({ claim }) => claim));
    expect(renewed).toMatchObject(created.map(({ id }) => ({ task_id: id, claim: { agent: 'a' }, error: null })));
    const { data: done } = await r.dispatcher.completeMany(created.map(({ id }) => ({ task_id: id, notes: `${id} works` })));
    expect(done).toMatchObject(created.map(({ id }) => ({ task: { id, status: 'done', notes: `${id} works` }, error: null })));
    await expect(r.dispatcher.createMany([{ title: 'good' }, { title: '' }])).rejects.toMatchObject({ details: { field: 'tasks[1].title' } });
  });

  test('the admin makes a key for a new organization, which works until it is revoked', async () => {
    const { data: key } = await admin.dispatcher.keys.create({ organization_id: 'acme', name: 'ci', scopes: ['dispatcher:read'] });
    const acme = new Recursiv({ apiKey: key.key ?? '', baseUrl, maxRetries: 0 });
    expect((await acme.dispatcher.tasks()).data).toEqual([]);
    await expect(acme.dispatcher.create({ title: 'a' })).rejects.toMatchObject({ name: 'AuthorizationError', code: 'insufficient_scopes' });
    await admin.dispatcher.keys.revoke(key.id);
    expect((await admin.dispatcher.keys.list({ organization_id: 'acme' })).data[0]?.revoked_at).toEqual(expect.any(String));
    await vi.waitFor(() => expect(acme.dispatcher.tasks()).rejects.toMatchObject({ name: 'AuthenticationError' }), { timeout: 3_000, interval: 100 });
  });

  test('64 callers at once share 200 tasks, and no task is claimed twice', async () => {
    await Promise.all(Array.from({ length: 200 }, (_, n) => r.dispatcher.create({ title: `share ${n}`, project: 'share' })));
    const taken: string[] = [];
    const work = async (agent: string) => {
      for (;;) {
        const { data } = await r.dispatcher.claimNext({ agent, project: 'share' });
        if (data === null) return;
        taken.push(data.task.id);
        await r.dispatcher.complete(data.task.id);
      }
    };
    await Promise.all(Array.from({ length: 64 }, (_, n) => work(`agent-${n}`)));
    expect(taken).toHaveLength(200);
    expect(new Set(taken).size).toBe(200);
  });

  test('one idempotency key is one claim, however often it is sent', async () => {
    await Promise.all(['one', 'two'].map((title) => r.dispatcher.create({ title, project: 'once' })));
    const claims = await Promise.all(
      Array.from({ length: 4 }, () => r.dispatcher.claimNext({ agent: 'a', project: 'once' }, { idempotencyKey: 'same' })),
    );
    expect(new Set(claims.map(({ data }) => data?.claim.claim_token)).size).toBe(1);
  });

  test('claim-next waits for a task that is created while it waits', async () => {
    const waiting = r.dispatcher.claimNext({ agent: 'a', project: 'later', wait_seconds: 20 });
    await r.dispatcher.create({ title: 'a', project: 'later' });
    expect((await waiting).data?.task.project).toBe('later');
  });

  test('a claim that was lost aborts the signal of its holder', async () => {
    await r.dispatcher.create({ title: 'a', id: 'lost', project: 'lost' });
    await using held = await r.dispatcher.hold({ id: 'lost', agent: 'a', lease_seconds: 30 });
    await r.dispatcher.release('lost', { agent: 'a' });
    await vi.waitFor(() => expect(held?.signal.aborted).toBe(true), { timeout: 15_000 });
    expect(held?.signal.reason).toMatchObject({ status: 409 });
  });
});

test('a stream misses no event and repeats none while the dispatcher is restarted', async () => {
  await using folder = await useFolder();
  const first = await useDispatcher({ dataDir: folder.path });
  const { url, api_key } = first.credentials;
  const r = new Recursiv({ apiKey: api_key, baseUrl: `${url}/api/v1`, maxRetries: 20 });
  const seen: StreamItem[] = [];
  const stop = new AbortController();
  const reading = (async () => {
    for await (const item of r.dispatcher.stream({}, { signal: stop.signal })) seen.push(item);
  })();
  await vi.waitFor(
    async () => {
      await r.dispatcher.create({ title: 'before' });
      expect(seen.length).toBeGreaterThan(0);
    },
    { timeout: 10_000, interval: 100 },
  );
  await first[Symbol.asyncDispose]();
  await using _second = await useDispatcher({ dataDir: folder.path, settings: { PORT: new URL(url).port } });
  await Promise.all(Array.from({ length: 20 }, (_, n) => r.dispatcher.create({ title: `after ${n}`, id: `after-${n}` })));
  await vi.waitFor(() => expect(seen.filter((item) => item.type !== 'reset' && item.task_id.startsWith('after-'))).toHaveLength(20), {
    timeout: 20_000,
  });
  stop.abort();
  await reading;
  const positions = seen.map(({ position }) => position);
  expect(positions).toEqual(positions.map((_, index) => (positions[0] ?? 0) + index));
});
