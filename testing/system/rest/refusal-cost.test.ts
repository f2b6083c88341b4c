import { Agent, type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { apiPath } from '../harness/api-path.ts';
import { type Acme, useAcme } from '../harness/use-acme.ts';

/** A request that is refused each time it is sent. */
interface Refused {
  readonly name: string;
  readonly status: number;
  readonly code: string;
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly headers?: Record<string, string>;
}

const post = { method: 'POST', path: '/tasks' };
const body = { title: 'One' };

const refusals: Refused[] = [
  { name: 'no key', status: 401, code: 'missing_api_key', ...post, body, headers: { authorization: '' } },
  { name: 'a wrong key', status: 401, code: 'invalid_api_key', ...post, body, headers: { authorization: 'Bearer sk_live_wrong' } },
  { name: 'an admin route', status: 403, code: 'forbidden', method: 'GET', path: '/keys' },
  { name: 'another organization', status: 403, code: 'forbidden', method: 'GET', path: '/tasks?organization_id=another' },
  { name: 'an unknown task', status: 404, code: 'not_found', method: 'GET', path: '/tasks/nothing' },
  { name: 'an unknown path', status: 404, code: 'unknown_route', method: 'GET', path: '/nothing' },
  { name: 'a taken id', status: 409, code: 'duplicate_id', ...post, body: { id: 'claimed', title: 'Again' } },
  { name: 'a claimed task', status: 409, code: 'already_claimed', method: 'POST', path: '/claim/claimed', body: { agent: 'bob' } },
  { name: 'a lost claim', status: 409, code: 'claim_lost', method: 'POST', path: '/done/claimed', body: { claim_token: 'not-this-one-at-all' } },
  { name: 'a task without a claim', status: 409, code: 'not_claimed', method: 'POST', path: '/release/free', body: {} },
  { name: 'a done task', status: 409, code: 'already_done', method: 'POST', path: '/claim/done', body: { agent: 'bob' } },
  { name: 'a used idempotency key', status: 422, code: 'idempotency_key_reused', ...post, body, headers: { 'idempotency-key': 'used' } },
];

const repeats = 40;

/** No other test uses this database, because the test counts its connections and locks. */
let acme: Acme;
beforeAll(async () => {
  acme = await useAcme({ alone: true });
  await prepare(acme);
});
afterAll(() => acme[Symbol.asyncDispose]());

test.each(refusals)('$status $code, for $name, closes no connection, holds no lock and has no effect', async (refused) => {
  // The pool closes an idle connection after some seconds, which may be just now. Refusals that closed connections
  // would do so each time.
  await vi.waitFor(() => expectNoCost(refused), { timeout: 60_000 });
  await expect.poll(async () => (await stateOf(acme)).locks, { timeout: 10_000 }).toBe(0);
});

async function expectNoCost(refused: Refused): Promise<void> {
  const before = await stateOf(acme);
  // Sends the requests one after another over one connection, then all at once.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = 0; i < repeats; i++) {
    const answer = await send(acme, agent, refused);
    expect(answer).toMatchObject({ status: refused.status, code: refused.code });
    expect(answer.isReused).toBe(i > 0);
  }
  agent.destroy();
  const wide = new Agent({ keepAlive: true });
  const answers = await Promise.all(Array.from({ length: repeats }, () => send(acme, wide, refused)));
  wide.destroy();
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([refused.status]));
  const after = await stateOf(acme);
  expect(after.events).toBe(before.events);
  expect(after.connections).toEqual(expect.arrayContaining(before.connections));
}

async function prepare({ rest }: Acme): Promise<void> {
  for (const id of ['claimed', 'free', 'done']) await rest.create({ id, title: id });
  await rest.claim('claimed', { agent: 'ann' });
  await rest.claim('done', { agent: 'ann' });
  await rest.done('done', {});
  await rest.call('POST', '/tasks', { body: { title: 'Other' }, headers: { 'idempotency-key': 'used' } });
}

/** The server's connections to the database, its advisory locks, and the organization's events. */
async function stateOf({ services, organizationId }: Acme) {
  const { rows } = await services.pool.query<{ connections: string[]; locks: number; events: number }>(
    `SELECT
      ARRAY(SELECT pid || ' since ' || backend_start FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'dispatcher') AS connections,
      (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS locks,
      (SELECT count(*)::int FROM task_events WHERE organization_id = $1) AS events`,
    [organizationId],
  );
  return rows[0] ?? { connections: [], locks: 0, events: 0 };
}

async function send({ services, key }: Acme, agent: Agent, { method, path, body, headers }: Refused) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const content = body === undefined ? {} : { 'content-type': 'application/json' };
  const options = { method, agent, headers: { authorization: `Bearer ${key}`, ...content, ...headers } };
  const sent = request(services.url + apiPath + path, options, resolve).on('error', reject);
  sent.end(body && JSON.stringify(body));
  const response = await promise;
  const chunks: unknown[] = [];
  for await (const chunk of response.setEncoding('utf8')) chunks.push(chunk);
  const { error } = JSON.parse(chunks.join('')) as { error?: { code: string } };
  return { status: response.statusCode, code: error?.code, isReused: sent.reusedSocket };
}
