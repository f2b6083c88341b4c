import { once } from 'node:events';
import { ConnectError } from '@connectrpc/connect';
import { admin } from '@dispatcher/kit/auth/caller.ts';
import { DispatcherError, type ErrorReason, errorTable, unavailable } from '@dispatcher/kit/serving/errors.ts';
import { createRecordingServices } from '@dispatcher/testing/gateway/recording-services.ts';
import { useGateway } from '@dispatcher/testing/gateway/use-gateway.ts';
import { useSocket } from '@dispatcher/testing/gateway/use-socket.ts';
import { describe, expect, test, vi } from 'vitest';

const api = '/api/v1/dispatcher';

describe('a call over REST', () => {
  test('calls its RPC with path, query, body and some headers, and with nothing else from outside', async () => {
    const { calls, routes } = createRecordingServices();
    await using gateway = await useGateway([routes]);
    const headers = { 'x-request-id': 'mine.1', 'idempotency-key': 'k 1', 'x-organization-id': 'rival', cookie: 'a=b' };
    const answer = await gateway.send('POST', `${api}/tasks/a%252Fb%2Fc/claim`, { body: { agent: 'bob' }, headers });
    expect(answer).toMatchObject({ status: 200, body: { data: null } });
    expect(answer.headers.get('x-request-id')).toBe('mine.1');
    expect(calls[0]).toMatchObject({ rpc: 'ClaimTask', message: { taskId: 'a%2Fb/c', agent: 'bob', organizationId: 'acme' } });
    expect(Object.fromEntries(calls[0]?.header ?? [])).toEqual({
      authorization: `Bearer ${gateway.acmeKey}`,
      'idempotency-key': 'k 1',
      'x-request-id': 'mine.1',
    });
  });

  test('answers 201 when something was created, and answers on each of its paths', async () => {
    const { calls, routes } = createRecordingServices();
    await using gateway = await useGateway([routes]);
    expect((await gateway.send('POST', `${api}/tasks`, { body: { title: 'x' } })).status).toBe(201);
    await gateway.send('POST', `${api}/claim/x`, { body: { agent: 'bob' } });
    await gateway.send('POST', `${api}/tasks/x/claim`, { body: { agent: 'bob' } });
    expect(calls.map(({ rpc }) => rpc)).toEqual(['CreateTask', 'ClaimTask', 'ClaimTask']);
  });

  test('has a new request id when the client sent none, or a strange one', async () => {
    await using gateway = await useGateway([createRecordingServices().routes]);
    for (const id of ['', 'a b', 'x'.repeat(129)]) {
      const { headers } = await gateway.send('GET', `${api}/stats`, { headers: { 'x-request-id': id } });
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  test('authenticates the caller before it reads the body', async () => {
    const { calls, routes } = createRecordingServices();
    await using gateway = await useGateway([routes]);
    for (const [authorization, code] of [
      ['', 'missing_api_key'],
      ['Basic x', 'invalid_api_key'],
      ['Bearer sk_live_x', 'invalid_api_key'],
    ] as const) {
      const { status, headers, body } = await gateway.send('POST', `${api}/tasks`, { body: '{', headers: { authorization, 'content-type': 'a/b' } });
      expect({ status, body }).toMatchObject({ status: 401, body: { error: { type: 'authentication_error', code } } });
      expect(headers.get('www-authenticate')).toBe('Bearer');
    }
    expect(calls).toEqual([]);
  });

  test.each(['', 'ä', 'x'.repeat(201), 'a\tb'])('refuses the idempotency key %j by its name', async (key) => {
    await using gateway = await useGateway([createRecordingServices().routes]);
    const { status, body } = await gateway.send('POST', `${api}/tasks`, { body: { title: 'x' }, headers: { 'idempotency-key': key } });
    expect({ status, body }).toMatchObject({ status: 400, body: { error: { code: 'invalid_argument', details: { field: 'Idempotency-Key' } } } });
    expect((await gateway.send('GET', `${api}/stats`, { headers: { 'idempotency-key': key } })).status).toBe(200);
  });

  test('is aborted when its client leaves', async () => {
    const arrived = Promise.withResolvers<AbortSignal>();
    const claimNextTask = async (_message: unknown, { signal }: { signal: AbortSignal }) => {
      arrived.resolve(signal);
      await once(signal, 'abort');
      return {};
    };
    await using gateway = await useGateway([createRecordingServices({ ClaimNextTask: claimNextTask }).routes]);
    using client = await useSocket(gateway.port);
    const body = '{"agent":"bob","wait_seconds":30}';
    const head = `POST ${api}/tasks/claim-next HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.acmeKey}\r\ncontent-type: application/json`;
    client.write(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    const signal = await arrived.promise;
    expect(signal.aborted).toBe(false);
    client.socket.destroy();
    if (!signal.aborted) await once(signal, 'abort');
  });

  test('has 10 s for all of its steps together', async () => {
    const arrived = Promise.withResolvers<void>();
    const getStats = () => {
      arrived.resolve();
      return new Promise<never>(() => undefined);
    };
    const { routes } = createRecordingServices({ GetStats: getStats });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    using _real = { [Symbol.dispose]: () => vi.useRealTimers() };
    const asked = Promise.withResolvers<void>();
    const authenticate = async () => {
      asked.resolve();
      await new Promise((resolve) => setTimeout(resolve, 6000));
      return admin;
    };
    await using gateway = await useGateway([routes], { authenticate });
    const late = gateway.send('GET', `${api}/stats`);
    await asked.promise;
    await vi.advanceTimersByTimeAsync(6000);
    await arrived.promise;
    await vi.advanceTimersByTimeAsync(4000);
    expect(await late).toMatchObject({ status: 504, body: { error: { code: 'deadline_exceeded' } } });
  });

  test('is refused before its body is read when the key has too many requests in flight', async () => {
    const { routes } = createRecordingServices();
    await using gateway = await useGateway([routes]);
    await using stack = new AsyncDisposableStack();
    const head = `POST ${api}/tasks HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.acmeKey}\r\ncontent-type: application/json`;
    const senders = await Promise.all(Array.from({ length: 256 }, () => useSocket(gateway.port)));
    for (const sender of senders) {
      stack.use(sender);
      sender.write(`${head}\r\ncontent-length: 100\r\n\r\n{`);
    }
    const create = (key: string) => gateway.send('POST', `${api}/tasks`, { body: { title: 'x' }, headers: { authorization: `Bearer ${key}` } });
    await vi.waitFor(async () => expect(await create(gateway.acmeKey)).toMatchObject({ status: 429, body: { error: { code: 'rate_limited' } } }), {
      timeout: 5000,
    });
    expect((await create(gateway.rivalKey)).status).toBe(201);
    senders[0]?.socket.destroy();
    await vi.waitFor(async () => expect((await create(gateway.acmeKey)).status).toBe(201), { timeout: 5000 });
  });
});

describe('a failure over REST', () => {
  test.each(Object.keys(errorTable) as ErrorReason[])('%s has the status, type and code of the table', async (reason) => {
    const fail = async () => {
      throw new DispatcherError(reason, 'No.', { agent: 'bob', retry_after_seconds: '7' });
    };
    await using gateway = await useGateway([createRecordingServices({ GetStats: fail }).routes]);
    const { status, headers, body } = await gateway.send('GET', `${api}/stats`);
    expect(status).toBe(errorTable[reason].status);
    expect(body).toEqual({ error: { type: errorTable[reason].type, code: reason, message: 'No.', details: { agent: 'bob' } } });
    expect(headers.get('retry-after')).toBe(status === 429 || status === 503 ? '7' : null);
    expect(headers.get('x-request-id')).toBeTruthy();
  });

  test('that is unexpected does not show its cause', async () => {
    for (const thrown of [new Error('secret'), new ConnectError('secret'), 'secret']) {
      const fail = () => Promise.reject(thrown);
      await using gateway = await useGateway([createRecordingServices({ GetStats: fail }).routes]);
      const { status, body } = await gateway.send('GET', `${api}/stats`);
      expect(status).toBe(500);
      expect(JSON.stringify(body)).not.toContain('secret');
    }
  });

  test('that is temporary has a retry time', async () => {
    const fail = () => Promise.reject(unavailable('The database does not answer.'));
    await using gateway = await useGateway([createRecordingServices({ GetStats: fail }).routes]);
    const { status, headers, body } = await gateway.send('GET', `${api}/stats`);
    expect({ status, body }).toEqual({
      status: 503,
      body: { error: { type: 'api_error', code: 'unavailable', message: 'The database does not answer.' } },
    });
    expect(headers.get('retry-after')).toBe('1');
  });

  test('for a broken rule of the proto names the field', async () => {
    await using gateway = await useGateway([createRecordingServices().routes]);
    for (const [path, body, field] of [
      ['/tasks', { title: '' }, 'title'],
      ['/tasks', { title: 'a\0b' }, 'title'],
      ['/tasks', '{"title":"\\ud800"}', 'title'],
      ['/tasks/claim-next', {}, 'agent'],
      ['/tasks/claim-next', { agent: 'x', wait_seconds: 31 }, 'wait_seconds'],
      ['/tasks', { title: 'x', organization_id: 'A' }, 'organization_id'],
    ] as const) {
      const answer = await gateway.send('POST', api + path, { body });
      expect(answer).toMatchObject({ status: field === 'organization_id' ? 403 : 400, body: { error: { details: { field } } } });
    }
  });
});
