import type { OpenDriver } from '../driver.ts';
import { runLoops } from '../run-loops.ts';
import { openPgBoss, queue } from './open-pg-boss.ts';

/**
 * pg-boss as its documentation recommends for throughput: one call fetches as many jobs as should be in flight, and one
 * call completes all of them.
 */
export const openDriver: OpenDriver = async ({ at }) => {
  const { boss, prepare } = await openPgBoss(at);
  return {
    prepare,
    async run({ inFlight, mostCalls, ...load }) {
      const once = async () => {
        const jobs = await boss.fetch(queue, { batchSize: inFlight });
        if (jobs.length > 0)
          await boss.complete(
            queue,
            jobs.map(({ id }) => id),
          );
        return jobs.length;
      };
      return await runLoops(once, { ...load, inFlight: 1, ...(mostCalls !== undefined && { mostCalls: Math.ceil(mostCalls / inFlight) }) });
    },
  };
};
