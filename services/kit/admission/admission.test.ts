import { once } from 'node:events';
import { createClient, type Interceptor } from '@connectrpc/connect';
import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { expect, test } from 'vitest';
import { callerKey } from '../auth/caller.ts';
import { createDirectTransport } from '../serving/direct-transport.ts';
import type { Routes } from '../serving/routes.ts';
import { admission } from './admission.ts';

/** A service that answers when `open` resolves; the key of a call is its task's id. */
function useBusyService(open: Promise<void>) {
  const routes: Routes = (router) =>
    router.service(TaskService, {
      async getTask({ taskId }) {
        await open;
        return { data: { id: taskId } };
      },
    });
  const transport = createDirectTransport(
    [routes],
    [
      (next) => (request) => {
        const keyId = 'taskId' in request.message ? String(request.message.taskId) : '';
        request.contextValues.set(callerKey, { keyId, organizationId: keyId, name: keyId, scopes: new Set<string>() });
        return next(request);
      },
      admission(),
    ],
  );
  const client = createClient(TaskService, transport);
  return (keyId: string) => client.getTask({ taskId: keyId });
}

test('a key with too many requests in flight gets 429, and other keys do not', async () => {
  const open = Promise.withResolvers<void>();
  const call = useBusyService(open.promise);
  const inFlight = Array.from({ length: 256 }, () => call('greedy'));
  await expect(call('greedy')).rejects.toMatchObject({ reason: 'rate_limited', info: { retry_after_seconds: '1' } });
  const other = call('modest');
  open.resolve();
  await Promise.all([...inFlight, other]);
  await call('greedy');
});

test('a process with too many requests in flight answers 503 at once, and accepts requests again when some have ended', async () => {
  const open = Promise.withResolvers<void>();
  const call = useBusyService(open.promise);
  const inFlight = Array.from({ length: 1024 }, (_, i) => call(`key-${i % 8}`));
  await expect(call('late')).rejects.toMatchObject({ reason: 'unavailable', info: { retry_after_seconds: '1' } });
  open.resolve();
  await Promise.all(inFlight);
  await call('late');
});

test('a key has at most 2,048 open streams, and gets a new one as soon as one ends', async () => {
  const routes: Routes = (router) =>
    router.service(StatsService, {
      async *watchEvents(_request, { signal }) {
        yield {};
        if (!signal.aborted) await once(signal, 'abort');
      },
    });
  const asKey: Interceptor = (next) => (request) => {
    const keyId = request.header.get('authorization') ?? '';
    request.contextValues.set(callerKey, { keyId, organizationId: keyId, name: keyId, scopes: new Set<string>() });
    return next(request);
  };
  const transport = createDirectTransport([routes], [asKey, admission()]);
  const open = async (key: string) => {
    const reader = new AbortController();
    const { message } = await transport.stream(StatsService.method.watchEvents, reader.signal, undefined, { authorization: key }, only({}));
    const parts = message[Symbol.asyncIterator]();
    return { leave: () => reader.abort(), begin: () => parts.next(), end: async () => void (await parts.return?.()) };
  };
  const [unread, begun] = await Promise.all(Array.from({ length: 2048 }, () => open('greedy')));
  const refused = { reason: 'rate_limited', info: { retry_after_seconds: '1' } };
  await expect(open('greedy')).rejects.toMatchObject(refused);
  await open('modest');
  unread?.leave();
  await open('greedy');
  await expect(open('greedy')).rejects.toMatchObject(refused);
  await begun?.begin();
  await begun?.end();
  begun?.leave();
  await open('greedy');
  await expect(open('greedy')).rejects.toMatchObject(refused);
});

async function* only<T>(message: T) {
  yield message;
}
