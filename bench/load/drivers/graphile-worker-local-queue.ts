import type { OpenDriver } from '../driver.ts';
import { openGraphileWorker } from './open-graphile-worker.ts';

/** graphile-worker with the settings that the performance page of its documentation recommends. */
export const openDriver: OpenDriver = (target) =>
  openGraphileWorker(target, { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 });
