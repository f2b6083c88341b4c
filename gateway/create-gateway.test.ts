import { once } from 'node:events';
import { createRecordingServices } from '@dispatcher/testing/gateway/recording-services.ts';
import { useGateway } from '@dispatcher/testing/gateway/use-gateway.ts';
import { useSocket } from '@dispatcher/testing/gateway/use-socket.ts';
import { within } from '@dispatcher/testing/harness/patience.ts';
import { describe, expect, test } from 'vitest';

const api = '/api/v1/dispatcher';

describe('a gateway', () => {
  test('needs no key for its probes, and is ready when its services are ready', async () => {
    let failing: string[] = [];
    await using gateway = await useGateway([], { readiness: async () => ({ ready: failing.length === 0, failing }) });
    const headers = { authorization: '' };
    expect(await gateway.send('GET', '/healthz', { headers })).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await gateway.send('GET', '/readyz', { headers })).toMatchObject({ status: 200, body: { status: 'ready', failing: [] } });
    failing = ['database'];
    const answer = await gateway.send('GET', '/readyz', { headers });
    expect(answer).toMatchObject({ status: 503, body: { status: 'not ready', failing: ['database'] } });
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  test('is not ready when the check of its services fails', async () => {
    for (const readiness of [() => Promise.reject(new Error('no')), () => new Promise<never>(() => undefined)]) {
      await using gateway = await useGateway([], { readiness });
      expect(await gateway.send('GET', '/readyz')).toMatchObject({ status: 503, body: { failing: ['readiness'] } });
    }
  });

  test('that stops is not ready, and finishes the requests in flight', async () => {
    const arrived = Promise.withResolvers<void>();
    const release = Promise.withResolvers<object>();
    const getStats = () => {
      arrived.resolve();
      return release.promise;
    };
    const gateway = await useGateway([createRecordingServices({ GetStats: getStats }).routes]);
    using idle = await useSocket(gateway.port);
    idle.write('GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n');
    await idle.received(/"ready"/);
    using late = await useSocket(gateway.port);
    late.write('GET /rea');
    const answer = gateway.send('GET', `${api}/stats`);
    await arrived.promise;
    const stopped = gateway[Symbol.asyncDispose]();
    await idle.ended();
    late.write('dyz HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(await late.ended()).toMatch(/^HTTP\/1.1 503 .*connection: close.*"failing":\["stopping"\]/is);
    release.resolve({});
    const { status, headers } = await answer;
    expect({ status, connection: headers.get('connection') }).toEqual({ status: 200, connection: 'close' });
    await stopped;
    await expect(useSocket(gateway.port)).rejects.toThrow('ECONNREFUSED');
  });

  test('that stops cancels a call that does not end, and tells the caller to retry', async () => {
    const arrived = Promise.withResolvers<void>();
    const claimNextTask = async (_message: unknown, { signal }: { signal: AbortSignal }) => {
      arrived.resolve();
      await once(signal, 'abort');
      signal.throwIfAborted();
      return {};
    };
    const gateway = await useGateway([createRecordingServices({ ClaimNextTask: claimNextTask }).routes]);
    const answer = gateway.send('POST', `${api}/tasks/claim-next`, { body: { agent: 'bob', wait_seconds: 30 } });
    await arrived.promise;
    await within(10_000, gateway[Symbol.asyncDispose]());
    const { status, headers } = await answer;
    expect({ status, retryAfter: headers.get('retry-after') }).toEqual({ status: 503, retryAfter: '1' });
  });

  test('rejects when its port is taken', async () => {
    await using gateway = await useGateway([]);
    await expect(useGateway([], { port: gateway.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
