/**
 * What travels in one message of a channel, unless a single item is larger: well under what a receiver accepts, and
 * short enough to hold nothing else up.
 */
const batchMaxBytes = 128 * 1024;

/** Cuts `items` into runs of at most 128 KiB, in their order; an item that is larger is one by itself. */
export function messageBatches<T>(items: readonly T[], bytesOf: (item: T) => number): T[][] {
  const batches: T[][] = [];
  let room = 0;
  for (const item of items) {
    const bytes = bytesOf(item);
    const last = batches.at(-1);
    if (last && bytes <= room) last.push(item);
    else batches.push([item]);
    room = (last && bytes <= room ? room : batchMaxBytes) - bytes;
  }
  return batches;
}
