import { answerError, answerJson, useServer } from '@dispatcher/testing/sdk/use-server.ts';
import { expect, test, vi } from 'vitest';
import type { CallOptions } from './call.ts';

const nothing = { data: null };
const agent = 'agent-1';

test.each([429, 502, 503, 504])('a %i is retried with the same idempotency key until it succeeds', async (status) => {
  await using server = await useServer((response, _, index) =>
    index < 2 ? answerError(response, status, 'busy') : answerJson(response, 200, nothing),
  );
  expect(await server.client().dispatcher.claimNext({ agent })).toEqual(nothing);
  const keys = server.received.map(({ headers }) => headers['idempotency-key']);
  expect(keys).toEqual([keys[0], keys[0], keys[0]]);
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
});

test('a call whose connection breaks before the answer is retried with the same idempotency key', async () => {
  await using server = await useServer((response, _, index) => (index === 0 ? response.destroy() : answerJson(response, 200, nothing)));
  await server.client().dispatcher.claimNext({ agent });
  expect(server.received[0]?.headers['idempotency-key']).toBe(server.received[1]?.headers['idempotency-key']);
});

test('two calls have two idempotency keys; reads, heartbeats and keys have none', async () => {
  await using server = await useServer((response) => answerJson(response, 200, { data: {} }));
  const { dispatcher } = server.client();
  await dispatcher.create({ title: 'a' });
  await dispatcher.create({ title: 'a' });
  await dispatcher.update('t', { title: 'b' }, { idempotencyKey: 'mine' });
  await dispatcher.stats();
  await dispatcher.heartbeat('t', { agent });
  await dispatcher.keys.create({ name: 'ci' });
  await dispatcher.keys.revoke('k');
  const keys = server.received.map(({ headers }) => headers['idempotency-key']);
  expect(keys[0]).not.toBe(keys[1]);
  expect(keys.slice(2)).toEqual(['mine', undefined, undefined, undefined, undefined]);
});

test('a retry waits as long as the server asks', async () => {
  await using server = await useServer((response, _, index) =>
    index === 0 ? answerError(response, 503, 'unavailable', { 'retry-after': '1' }) : answerJson(response, 200, nothing),
  );
  const start = performance.now();
  await server.client().dispatcher.claimNext({ agent });
  expect(performance.now() - start).toBeGreaterThanOrEqual(995);
});

test('the client does not wait for a server that asks for more than a minute', async () => {
  await using server = await useServer((response) => answerError(response, 429, 'rate_limited', { 'retry-after': '3600' }));
  await expect(server.client().dispatcher.stats()).rejects.toMatchObject({ name: 'RateLimitError', retryAfterSeconds: 3600 });
  expect(server.received).toHaveLength(1);
});

test('retries end after maxRetries, and other errors are not retried', async () => {
  await using server = await useServer((response, { url }) => answerError(response, url.endsWith('/stats') ? 503 : 500, 'some'));
  const { dispatcher } = server.client({ maxRetries: 1 });
  await expect(dispatcher.stats()).rejects.toMatchObject({ status: 503 });
  await expect(dispatcher.claimNext({ agent })).rejects.toMatchObject({ status: 500 });
  await expect(dispatcher.stats({}, { maxRetries: 0 })).rejects.toMatchObject({ status: 503 });
  expect(server.received).toHaveLength(4);
});

test('making a key is not retried after a lost answer, because nobody would know the first key', async () => {
  await using server = await useServer((response, _, index) => (index === 0 ? response.destroy() : answerError(response, 503, 'unavailable')));
  const { keys } = server.client().dispatcher;
  await expect(keys.create({ organization_id: 'acme', name: 'ci' })).rejects.toMatchObject({ code: 'connection_failed' });
  await expect(keys.create({ organization_id: 'acme', name: 'ci' })).rejects.toMatchObject({ status: 503 });
  expect(server.received).toHaveLength(2);
});

test.each([
  [400, 'ValidationError'],
  [401, 'AuthenticationError'],
  [403, 'AuthorizationError'],
  [404, 'NotFoundError'],
  [409, 'ConflictError'],
  [413, 'ValidationError'],
  [415, 'ValidationError'],
  [422, 'ValidationError'],
  [500, 'RecursivError'],
])('a %i is a %s with the words of the API', async (status, name) => {
  const body = { error: { type: 'a_type', code: 'a_code', message: 'a message', details: { agent } } };
  await using server = await useServer((response) => answerJson(response, status, body, { 'x-request-id': 'request-1' }));
  const error = await server
    .client()
    .dispatcher.get('t')
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name, status, type: 'a_type', code: 'a_code', message: 'a message', details: { agent }, requestId: 'request-1' });
});

test('a page of a proxy and an answer that is not JSON are errors too', async () => {
  await using server = await useServer((response, _, index) =>
    response.writeHead(index === 0 ? 403 : 200, { 'content-type': 'text/html' }).end('<p>Hello'),
  );
  const { dispatcher } = server.client();
  await expect(dispatcher.stats()).rejects.toMatchObject({ name: 'AuthorizationError', status: 403, code: 'unexpected_answer' });
  await expect(dispatcher.stats()).rejects.toMatchObject({ status: 200, code: 'unexpected_answer' });
});

test.each([
  ['', '/api/v1'],
  ['/', '/api/v1'],
  ['/api', '/api/v1'],
  ['/api/v2/', '/api/v1'],
  ['/api/v1/dispatcher', '/api/v1'],
  ['/team', '/team/api/v1'],
])('the error for a base URL that ends with "%s" names the right one', async (path, expected) => {
  await using server = await useServer((response, _, index) =>
    index % 2 === 0
      ? answerError(response, 404, 'unknown_route')
      : response.writeHead(200, { 'content-type': 'text/html' }).end('<p>The page at the root'),
  );
  const { origin } = new URL(server.baseUrl);
  const { dispatcher } = server.client({ baseUrl: origin + path });
  const words = `It should end with /api/v1: try ${origin}${expected}.`;
  await expect(dispatcher.stats()).rejects.toMatchObject({ name: 'NotFoundError', code: 'unknown_route', message: expect.stringContaining(words) });
  await expect(dispatcher.stats()).rejects.toThrow(words);
  await expect(dispatcher.stream().next()).rejects.toThrow(words);
});

test('the error for an unknown route at a right base URL has the words of the API', async () => {
  await using server = await useServer((response) => answerError(response, 404, 'unknown_route'));
  await expect(server.client().dispatcher.stats()).rejects.toThrow(/^it is unknown_route$/);
});

test('a call without an answer ends after the timeout', async () => {
  await using server = await useServer(() => undefined);
  await expect(server.client({ timeout: 500, maxRetries: 1 }).dispatcher.stats()).rejects.toMatchObject({ name: 'ConnectionError', code: 'timeout' });
  expect(server.received).toHaveLength(2);
});

test('wait_seconds is added to the timeout', async () => {
  await using server = await useServer((response) => setTimeout(() => answerJson(response, 200, nothing), 300));
  await expect(server.client({ timeout: 50, maxRetries: 0 }).dispatcher.claimNext({ agent, wait_seconds: 60 })).resolves.toEqual(nothing);
});

test('a timeout that is longer than a timer can hold does not end a call at once', async () => {
  await using server = await useServer((response) => setTimeout(() => answerJson(response, 200, nothing), 50));
  const { dispatcher } = server.client({ timeout: 2 ** 40, maxRetries: 0 });
  await expect(dispatcher.claimNext({ agent, wait_seconds: 2 ** 30 })).resolves.toEqual(nothing);
});

test('the caller’s signal ends a call with its own reason, in flight and between retries', async () => {
  await using server = await useServer((response, { url }) =>
    url.endsWith('/stats') ? undefined : answerError(response, 503, 'unavailable', { 'retry-after': '30' }),
  );
  const { dispatcher } = server.client();
  const methods = [(options: CallOptions) => dispatcher.stats({}, options), (options: CallOptions) => dispatcher.claims({}, options)];
  const calls = methods.map(async (method, index) => {
    const controller = new AbortController();
    const call: Promise<unknown> = method({ signal: controller.signal });
    await vi.waitFor(() => expect(server.received.length).toBeGreaterThan(index));
    controller.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
  });
  await Promise.all(calls);
});

test('the client adds its organization to requests that take one, unless the caller names one', async () => {
  await using server = await useServer((response) => answerJson(response, 200, { data: {} }));
  const { dispatcher } = server.client({ organizationId: 'acme' });
  await dispatcher.stats();
  await dispatcher.create({ title: 'a' });
  await dispatcher.create({ title: 'a', organization_id: 'globex' });
  await dispatcher.keys.revoke('k');
  expect(server.received.map(({ url, body }) => [url.replace('/api/v1/dispatcher', ''), body?.organization_id])).toEqual([
    ['/stats?organization_id=acme', undefined],
    ['/tasks', 'acme'],
    ['/tasks', 'globex'],
    ['/keys/k', undefined],
  ]);
});

test('200 calls at once all reach the server at the same time', async () => {
  const waiting: (() => void)[] = [];
  await using server = await useServer((response) => {
    waiting.push(() => answerJson(response, 200, nothing));
    if (waiting.length === 200) for (const answer of waiting) answer();
  });
  const { dispatcher } = server.client();
  const answers = await Promise.all(Array.from({ length: 200 }, () => dispatcher.claimNext({ agent })));
  expect(answers).toHaveLength(200);
});

test('no error shows the key', async () => {
  const { inspect } = await import('node:util');
  await using server = await useServer((response, _, index) => (index === 0 ? response.destroy() : answerError(response, 401, 'invalid_api_key')));
  const { dispatcher } = server.client({ apiKey: 'sk_live_secret', maxRetries: 0 });
  for (const call of [dispatcher.stats(), dispatcher.stats()]) {
    const error: unknown = await call.then(
      () => expect.unreachable(),
      (reason: unknown) => reason,
    );
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('sk_live_secret');
  }
});
