import { errorFromDatabase } from '@dispatcher/database/connection/errors.ts';
import { DispatcherError, dispatcherErrorFrom, errorTable } from '@dispatcher/kit/serving/errors.ts';

/** The result of one item of a request for several: a value, or the error that it would get alone. */
export interface ItemResult<Item, Value> {
  readonly item: Item;
  readonly value?: Value;
  readonly error?: { type: string; code: string; message: string; details: Record<string, string> };
}

/** This many items run at the same time. They share statements, and one statement takes no more. */
const atOnce = 128;

/** The caller gets its answer after 10 s at the latest. An item that has not begun by then does not begin. */
const patienceMs = 9_000;

/** Does the work for each item. The results are in the order of the items. */
export async function eachItem<Item, Value>(items: readonly Item[], work: (item: Item) => Promise<Value>): Promise<ItemResult<Item, Value>[]> {
  const results: ItemResult<Item, Value>[] = new Array(items.length);
  const next = items.entries();
  const workers = Array.from({ length: atOnce }, async () => {
    for (const [i, item] of next) results[i] = await resultOf(item, work);
  });
  const ended = await Promise.allSettled(workers);
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
  return results;
}

/**
 * Returns the result of one item. An unexpected error fails the whole request, because otherwise it would not reach the
 * log. An idempotency key that another request has used also fails it, because that is not the fault of one item.
 */
export async function resultOf<Item, Value>(item: Item, work: (item: Item) => Promise<Value>): Promise<ItemResult<Item, Value>> {
  try {
    return { item, value: await work(item) };
  } catch (thrown) {
    const error = dispatcherErrorFrom(errorFromDatabase(thrown));
    const { reason: code, rawMessage: message, info } = error;
    if (code === 'internal' || code === 'idempotency_key_reused') throw error;
    return { item, error: { type: errorTable[code].type, code, message, details: { ...info } } };
  }
}

/** The same work, but it does not begin when the request has taken too long. */
export function untilTooLate<Arguments extends unknown[], Value>(work: (...given: Arguments) => Promise<Value>) {
  const end = performance.now() + patienceMs;
  return async (...given: Arguments): Promise<Value> => {
    if (performance.now() > end) throw new DispatcherError('deadline_exceeded', 'The request took too long, and this item was not begun. Repeat it.');
    return await work(...given);
  };
}
