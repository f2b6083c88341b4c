import type { TaskLine } from './task-lines.ts';

/** One request takes so many tasks. */
const mostTasks = 500;
/** A body may have 256 KiB. The rest is for the organization and the punctuation. */
const mostBytes = 250 * 1024;

/** Divides tasks into requests, in their order. A task that is too large for any request stands alone. */
export function* batches(tasks: readonly TaskLine[]): Generator<readonly TaskLine[]> {
  let batch: TaskLine[] = [];
  let bytes = 0;
  for (const one of tasks) {
    const own = Buffer.byteLength(JSON.stringify(one.task)) + 1;
    if (batch.length > 0 && (batch.length === mostTasks || bytes + own > mostBytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(one);
    bytes += own;
  }
  if (batch.length > 0) yield batch;
}
