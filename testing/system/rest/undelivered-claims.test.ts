import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { apiPath } from '../harness/api-path.ts';
import { type Acme, useAcme } from '../harness/use-acme.ts';

/** Asks for a task over its own connection, and waits for one until it leaves. */
function askForTask({ services, key }: Acme, agent: string, idempotencyKey?: string, route = 'claim-next', more = {}) {
  const { hostname, port } = new URL(services.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  let answer = '';
  socket.on('data', (bytes) => {
    answer += bytes;
  });
  const send = (path: string, content: object, expectation?: string) => {
    const body = JSON.stringify(content);
    const head = ['host: a', `authorization: Bearer ${key}`, 'content-type: application/json', `content-length: ${body.length}`];
    if (idempotencyKey) head.push(`idempotency-key: ${idempotencyKey}`);
    if (expectation) head.push(`expect: ${expectation}`);
    socket.write(`POST ${apiPath}${path} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n${body}`);
  };
  send(`/tasks/${route}`, { agent, owner: agent, wait_seconds: 20, ...more }, '100-continue');
  return { socket, send, isTaken: () => answer.includes('100 Continue'), hasAnswer: () => answer.includes('claim_token') };
}

/** The same, but resolves when the services know that it waits. */
async function waitForTask(acme: Acme, agent: string, ...more: [idempotencyKey?: string, route?: string, fields?: object]) {
  const waiting = askForTask(acme, agent, ...more);
  await vi.waitFor(() => expect(waiting.isTaken()).toBe(true), { timeout: 10_000, interval: 5 });
  // Later calls take the same way, so once they are answered the waiting request has arrived too.
  for (let i = 0; i < 3; i++) await acme.rest.claims();
  return waiting;
}

/**
 * Each caller waits for its own task. It leaves this many milliseconds after the task was sent; a negative number means
 * before.
 */
async function leaveAround(acme: Acme, offsets: readonly number[]) {
  return await Promise.all(
    offsets.map(async (offset) => {
      const agent = `agent${offset}`;
      const waiting = await waitForTask(acme, agent);
      const created = sleep(Math.max(0, -offset)).then(() => acme.rest.create({ title: 'One', owner: agent }));
      const left = sleep(Math.max(0, offset)).then(() => void waiting.socket.destroy());
      const [{ data }] = await Promise.all([created, left]);
      return { id: data.id, heard: waiting.hasAnswer() };
    }),
  );
}

async function untilSettled(acme: Acme, { id, heard }: { id: string; heard: boolean }): Promise<void> {
  const wanted = heard ? { status: 'claimed', attempts: 1 } : { status: 'pending', attempts: 0, held: false };
  await vi.waitFor(async () => expect((await acme.rest.get(id)).data).toMatchObject(wanted), { timeout: 2_000 });
}

const milliseconds = (count: number) => Array.from({ length: count }, (_, ms) => ms);

test('a caller who left before the grant holds nothing, and no attempt is spent', async () => {
  await using acme = await useAcme();
  for (const outcome of await leaveAround(
    acme,
    milliseconds(12).map((ms) => -3 - ms),
  ))
    await untilSettled(acme, outcome);
});

test('when a caller leaves around the grant, it has the answer or the task is free again', async () => {
  await using acme = await useAcme();
  const settled = await Promise.allSettled((await leaveAround(acme, milliseconds(24))).map((outcome) => untilSettled(acme, outcome)));
  // A client may close its connection after the last byte was written but before it arrived. To the server this looks
  // like a client that has read the answer.
  expect(settled.filter(({ status }) => status === 'rejected').length).toBeLessThanOrEqual(2);
});

test('when a caller left before the grant, the event says that no attempt was spent', async () => {
  await using acme = await useAcme();
  const waiting = await waitForTask(acme, 'ann');
  waiting.socket.destroy();
  const { data } = await acme.rest.create({ title: 'One', owner: 'ann' });
  await vi.waitFor(async () => {
    const { data: events } = await acme.rest.activity(data.id);
    const ended = events.filter(({ type }) => type !== 'task.created');
    expect(ended.length % 2).toBe(0);
    for (const { type, release_reason } of ended.filter((_, i) => i % 2 === 1))
      expect({ type, release_reason }).toEqual({ type: 'task.released', release_reason: 'not_started' });
    expect((await acme.rest.get(data.id)).data).toMatchObject({ status: 'pending', attempts: 0 });
  });
});

test('a caller who sends its next request over the same connection keeps the claim, also when it then resets the connection', async () => {
  await using acme = await useAcme();
  const { data: task } = await acme.rest.create({ title: 'One', owner: 'ann' });
  const waiting = askForTask(acme, 'ann');
  await vi.waitFor(() => expect(waiting.hasAnswer()).toBe(true));
  // The answer to this request is never read, so closing the connection resets it.
  waiting.socket.pause();
  waiting.send('/tasks', { id: 'next-request', title: 'Two' });
  await vi.waitFor(async () => expect((await acme.rest.get('next-request')).status).toBe(200));
  waiting.socket.resetAndDestroy();
  // This caller has sent nothing since its claim. Once its claim is taken back, the server has also seen the earlier
  // reset.
  await acme.rest.create({ id: 'unheard', title: 'Three', owner: 'bill' });
  const unheard = askForTask(acme, 'bill');
  unheard.socket.pause();
  await vi.waitFor(async () => expect((await acme.rest.get('unheard')).data).toMatchObject({ status: 'claimed' }));
  unheard.socket.resetAndDestroy();
  await vi.waitFor(async () => expect((await acme.rest.get('unheard')).data).toMatchObject({ status: 'pending', attempts: 0 }));
  expect((await acme.rest.get(task.id)).data).toMatchObject({ status: 'claimed', attempts: 1 });
});

test('a repeat under the same key after a broken connection gets the claim and keeps it', async () => {
  await using acme = await useAcme();
  for (let ms = 0; ms < 12; ms++) {
    const agent = `repeats-${ms}`;
    const waiting = await waitForTask(acme, agent, agent);
    await acme.rest.create({ title: 'One', owner: agent });
    await sleep(ms);
    waiting.socket.destroy();
    const body = { agent, owner: agent, wait_seconds: 20 };
    const { claim } = await vi.waitFor(async () => {
      const { status, data } = await acme.rest.claimNext(body, { 'idempotency-key': agent });
      expect(status).toBe(200);
      return data ?? expect.unreachable();
    });
    const { task_id, claim_token } = claim;
    // The repeated claim is live now, and stays so when the services learn of the broken connection.
    for (let i = 0; i < 5; i++) expect((await acme.rest.heartbeat(task_id, { agent, claim_token })).status).toBe(200);
  }
});

test('a caller who left before the grant of several tasks holds none of them, and no attempt is spent', async () => {
  await using acme = await useAcme();
  for (let n = 0; n < 6; n++) {
    const agent = `several-${n}`;
    const waiting = await waitForTask(acme, agent, undefined, 'claim-batch', { max_tasks: 10 });
    const tasks = Array.from({ length: 5 }, () => ({ title: 'One of five', owner: agent }));
    const created = acme.rest.call<{ id: string }[]>('POST', '/tasks/batch', { body: { tasks } });
    waiting.socket.destroy();
    const { data } = await created;
    for (const { id } of data) await untilSettled(acme, { id, heard: waiting.hasAnswer() });
  }
});
