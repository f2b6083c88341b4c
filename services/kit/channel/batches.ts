/**
 * The size of one message of a channel, unless a single item is larger. It is much less than a receiver accepts, and
 * small enough not to delay other messages.
 */
const batchMaxBytes = 128 * 1024;

/** Cuts `items` into batches of at most 128 KiB, in their order. A larger item is a batch of its own. */
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
