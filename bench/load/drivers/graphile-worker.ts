import type { OpenDriver } from '../driver.ts';
import { openGraphileWorker } from './open-graphile-worker.ts';

/** graphile-worker with its defaults: one statement to claim each job, and another to complete it. */
export const openDriver: OpenDriver = (target) => openGraphileWorker(target, {});
