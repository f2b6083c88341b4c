import type { Caller } from '../caller.ts';
import { createRun } from '../caller.ts';
import type { OpenDriver } from '../driver.ts';
import { newTask } from '../new-task.ts';
import { openPgBoss, queue } from './open-pg-boss.ts';

/** pg-boss, one job per call. */
export const openDriver: OpenDriver = async ({ at }) => {
  const { boss, prepare } = await openPgBoss(at);
  const caller: Caller = {
    async claimNext() {
      const [job] = await boss.fetch(queue);
      return job ? { organizationId: '', taskId: job.id, claimToken: '', agent: '' } : null;
    },
    complete: async ({ taskId }) => void (await boss.complete(queue, taskId, { ok: true })),
    create: async () => void (await boss.send(queue, newTask, { priority: 5 })),
    heartbeat: async ({ taskId }) => void (await boss.touch(queue, taskId)),
  };
  return { prepare, run: createRun(() => caller) };
};
