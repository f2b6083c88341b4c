import { createClient } from '@connectrpc/connect';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { expect, test } from 'vitest';
import { admission } from './admission.ts';
import { callerKey } from './caller.ts';
import { createDirectTransport } from './direct-transport.ts';
import type { Routes } from './routes.ts';

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

test('a key with too many requests in flight is told to slow down, and others are not', async () => {
  const open = Promise.withResolvers<void>();
  const call = useBusyService(open.promise);
  const inFlight = Array.from({ length: 256 }, () => call('greedy'));
  await expect(call('greedy')).rejects.toMatchObject({ reason: 'rate_limited', info: { retry_after_seconds: '1' } });
  const other = call('modest');
  open.resolve();
  await Promise.all([...inFlight, other]);
  await call('greedy');
});

test('a process with too many requests in flight refuses more at once, and takes them again when some have ended', async () => {
  const open = Promise.withResolvers<void>();
  const call = useBusyService(open.promise);
  const inFlight = Array.from({ length: 1024 }, (_, i) => call(`key-${i % 8}`));
  const start = performance.now();
  await expect(call('late')).rejects.toMatchObject({ reason: 'unavailable', info: { retry_after_seconds: '1' } });
  expect(performance.now() - start).toBeLessThan(100);
  open.resolve();
  await Promise.all(inFlight);
  await call('late');
});
