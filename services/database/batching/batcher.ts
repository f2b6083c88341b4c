import { onBehalfOf, onBehalfOfAll } from '@dispatcher/kit/admission/on-behalf-of.ts';
import { DispatcherError, unavailable } from '@dispatcher/kit/serving/errors.ts';
import { isRefusedAsAWhole } from '../connection/errors.ts';
import { FairQueue } from './fair-queue.ts';

/** A statement that can run for one item, or for many items in one round trip and one commit. */
export interface BatchedStatement<Item, Answer> {
  /** The organization whose turn the item uses. */
  organizationOf(item: Item): string;
  /** Runs it for one item. Null when it changed nothing. */
  one(item: Item): Promise<Answer | null>;
  /**
   * Runs it for several items. The results are in the order of the items. Null means that the item certainly changed
   * nothing. Undefined means that the statement skipped the item, for whatever reason; the batcher then runs the item
   * alone. The statement must not wait for row locks.
   */
  many(items: readonly Item[]): Promise<readonly (Answer | null | undefined)[]>;
}

/** The most items in one statement, so that it stays short. */
const batchMax = 128;

/**
 * The most items that may wait. Further items are refused. Admission lets fewer requests in, but one request may have
 * many items.
 */
const waitingMax = 16_384;

/** An item that has waited this long is not sent, because its caller has already got an answer. */
const defaultPatienceMs = 9_500;

/** A statement that takes longer than this does not delay the others: the next one starts beside it. */
const slowAfterMs = 100;

/** The most statements at the same time. All but one of them are slow. */
const lanesMax = 4;

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly signal: AbortSignal | undefined;
  readonly since: number;
  readonly resolve: (answer: Answer | null) => void;
  readonly reject: (thrown: unknown) => void;
}

/**
 * Lets concurrent requests share a statement. While a statement runs, new items wait for the next statement, which
 * takes all of them. When no statement runs, an item is sent at once, alone. Organizations take turns. A waiting caller
 * holds no connection. An item that a shared statement skipped, or that made it fail, runs alone. So each item has the
 * same result as if it had been sent by itself.
 */
export class Batcher<Item, Answer> {
  readonly #statement: BatchedStatement<Item, Answer>;
  readonly #patienceMs: number;
  readonly #queue = new FairQueue<Waiting<Item, Answer>>();
  /** The number of statements that run now. */
  #lanes = 0;
  /** The lane that takes new items from the queue. The lanes before it are slow, and end with their statement. */
  #newestLane: symbol | undefined;
  #slow: NodeJS.Timeout | undefined;

  constructor(statement: BatchedStatement<Item, Answer>, patienceMs = defaultPatienceMs) {
    this.#statement = statement;
    this.#patienceMs = patienceMs;
  }

  /**
   * Returns the result of the statement for this item. Null when it changed nothing. Rejects when the signal fires
   * before the item is sent; the item then changes nothing.
   */
  run(item: Item, signal?: AbortSignal): Promise<Answer | null> {
    if (this.#queue.size >= waitingMax) return Promise.reject(unavailable('Too much work waits for the database; try again in a moment.'));
    const { promise, resolve, reject } = Promise.withResolvers<Answer | null>();
    this.#queue.push(this.#statement.organizationOf(item), { item, signal, since: performance.now(), resolve, reject });
    if (!this.#newestLane) this.#openLane();
    else this.#watch();
    return promise;
  }

  #openLane(): void {
    const lane = Symbol();
    this.#newestLane = lane;
    this.#lanes += 1;
    // Items that arrive in the same turn of the event loop go into the same statement.
    setImmediate(() => onBehalfOfAll(() => this.#work(lane)));
  }

  async #work(lane: symbol): Promise<void> {
    do {
      const batch = this.#next();
      this.#unwatch();
      this.#watch();
      await this.#send(batch);
    } while (this.#newestLane === lane && this.#queue.size > 0);
    this.#lanes -= 1;
    if (this.#newestLane === lane) {
      this.#newestLane = undefined;
      this.#unwatch();
    } else this.#watch();
  }

  /** Opens another lane when the running statement is slow and items wait. */
  #watch(): void {
    if (this.#queue.size === 0 || this.#lanes === lanesMax) return;
    this.#slow ??= setTimeout(() => {
      this.#slow = undefined;
      this.#openLane();
    }, slowAfterMs);
  }

  #unwatch(): void {
    clearTimeout(this.#slow);
    this.#slow = undefined;
  }

  /** The items whose turn it is, without those whose caller has left. */
  #next(): Waiting<Item, Answer>[] {
    const tooOld = performance.now() - this.#patienceMs;
    return this.#queue.take(batchMax).filter(({ signal, since, reject }) => {
      if (signal?.aborted) reject(unavailable('The caller left before the request was sent to the database.'));
      else if (since < tooOld) reject(new DispatcherError('deadline_exceeded', 'The request waited too long and had no effect; repeat it.'));
      else return true;
      return false;
    });
  }

  async #send(batch: readonly Waiting<Item, Answer>[]): Promise<void> {
    const [first, ...others] = batch;
    if (!first) return;
    if (others.length === 0) return await this.#sendAlone(first);
    try {
      const answers = await this.#statement.many(batch.map(({ item }) => item));
      for (const [i, waiting] of batch.entries()) {
        const answer = answers[i];
        if (answer === undefined) void this.#sendAlone(waiting);
        else waiting.resolve(answer);
      }
    } catch (thrown) {
      if (!isRefusedAsAWhole(thrown)) for (const { reject } of batch) reject(thrown);
      else await this.#sendHalves(batch);
    }
  }

  /**
   * The statement failed because of some of its items, and changed nothing. Splitting the batch in halves finds those
   * items with few statements.
   */
  async #sendHalves(batch: readonly Waiting<Item, Answer>[]): Promise<void> {
    const half = batch.length >> 1;
    await this.#send(batch.slice(0, half));
    await this.#send(batch.slice(half));
  }

  async #sendAlone({ item, resolve, reject }: Waiting<Item, Answer>): Promise<void> {
    const organizationId = this.#statement.organizationOf(item);
    await onBehalfOf({ organizationId }, () => this.#statement.one(item)).then(resolve, reject);
  }
}
