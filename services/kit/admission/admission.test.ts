import { once } from 'node:events';
import { createClient, type Interceptor } from '@connectrpc/connect';
import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { expect, test } from 'vitest';
import { callerKey } from '../auth/caller.ts';
import { createDirectTransport } from '../serving/direct-transport.ts';
import type { Routes } from '../serving/routes.ts';
import { admission } from './admission.ts';

/** A service that answers when `open` resolves. The id of a task names the caller: `key@organization`. */
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
        request.contextValues.set(callerKey, callerNamed('taskId' in request.message ? String(request.message.taskId) : ''));
        return next(request);
      },
      admission(),
    ],
  );
  const client = createClient(TaskService, transport);
  return (caller: string) => client.getTask({ taskId: caller });
}

/** Without an organization, the organization has the name of the key. */
function callerNamed(text: string) {
  const [keyId = '', organizationId = keyId] = text.split('@');
  return { keyId, organizationId, name: keyId, scopes: new Set<string>() };
}

const callers = (count: number, name: (i: number) => string) => Array.from({ length: count }, (_, i) => name(i));

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
  const inFlight = [...callers(768, (i) => `large-${i % 8}`), ...callers(256, (i) => `small-${i}`)].map(call);
  await expect(call('late')).rejects.toMatchObject({ reason: 'unavailable', info: { retry_after_seconds: '1' } });
  open.resolve();
  await Promise.all(inFlight);
  await call('late');
});

test('an organization with many keys leaves a quarter of the slots to others, and two such organizations still leave some', async () => {
  const open = Promise.withResolvers<void>();
  const call = useBusyService(open.promise);
  const refused = { reason: 'rate_limited', info: { retry_after_seconds: '1' } };
  const inFlight = callers(768, (i) => `${i % 8}@greedy`).map(call);
  await expect(call('new@greedy')).rejects.toMatchObject(refused);
  inFlight.push(...callers(128, (i) => `${i % 8}@greedy-too`).map(call));
  await expect(call('new@greedy-too')).rejects.toMatchObject(refused);
  inFlight.push(...callers(64, () => 'modest').map(call));
  await expect(call('modest')).rejects.toMatchObject(refused);
  inFlight.push(call('quiet'));
  open.resolve();
  await Promise.all(inFlight);
  await Promise.all(callers(256, (i) => `${i % 8}@greedy`).map(call));
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
    request.contextValues.set(callerKey, callerNamed(request.header.get('authorization') ?? ''));
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
