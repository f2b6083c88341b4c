import type { OpenDriver } from '../driver.ts';
import { openGraphileWorker } from './open-graphile-worker.ts';

/** graphile-worker as it comes: a statement to claim each job, another one to complete it. */
export const openDriver: OpenDriver = (target) => openGraphileWorker(target, {});
