import { onBehalfOf, onBehalfOfAll } from '@dispatcher/kit/admission/on-behalf-of.ts';
import { DispatcherError, unavailable } from '@dispatcher/kit/serving/errors.ts';
import { isRefusedAsAWhole } from '../connection/errors.ts';
import { FairQueue } from './fair-queue.ts';

/** A statement that can be run for one item, and for many in one round trip and one commit. */
export interface BatchedStatement<Item, Answer> {
  /** Whose turn the item takes. */
  organizationOf(item: Item): string;
  /** Runs it for one item. Null when it changed nothing. */
  one(item: Item): Promise<Answer | null>;
  /**
   * Runs it for several items, and answers for each in their order. Null where it surely changed nothing; undefined
   * where it passed the item over, for whatever reason, and the item is then done alone. It waits for no lock on a row.
   */
  many(items: readonly Item[]): Promise<readonly (Answer | null | undefined)[]>;
}

/** One statement does so many items at most, so that it stays short. */
const batchMax = 128;

/** More than this many waiting items are refused. Admission lets fewer requests in, but one may bring many items. */
const waitingMax = 16_384;

/** An item that has waited so long is not sent: its caller has been answered by now. */
const defaultPatienceMs = 9_500;

/** A statement that takes longer than this does not hold the others up: the next one starts beside it. */
const slowAfterMs = 100;

/** So many statements at once at most. All but one of them are slow. */
const lanesMax = 4;

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly signal: AbortSignal | undefined;
  readonly since: number;
  readonly resolve: (answer: Answer | null) => void;
  readonly reject: (thrown: unknown) => void;
}

/**
 * Lets concurrent requests share a statement. While one is in flight, the items that arrive wait for the next, which
 * does them all; an item that meets nobody is sent at once, alone. Organizations take turns. Who waits holds no
 * connection. An item that a shared statement did not do, or that made it fail, is done alone, so each item has the
 * outcome that it would have had by itself.
 */
export class Batcher<Item, Answer> {
  readonly #statement: BatchedStatement<Item, Answer>;
  readonly #patienceMs: number;
  readonly #queue = new FairQueue<Waiting<Item, Answer>>();
  /** Statements in flight. */
  #lanes = 0;
  /** The lane that goes on with the queue. Those before it are slow, and end with their statement. */
  #newestLane: symbol | undefined;
  #slow: NodeJS.Timeout | undefined;

  constructor(statement: BatchedStatement<Item, Answer>, patienceMs = defaultPatienceMs) {
    this.#statement = statement;
    this.#patienceMs = patienceMs;
  }

  /**
   * What the statement comes to for this item. Null when it changed nothing. An item whose signal fires before it is
   * sent changes nothing and is rejected.
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
    // What arrives in the same turn of the event loop goes along.
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

  /** Opens another lane when the statement in flight is slow, and somebody waits for it. */
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

  /** The items whose turn it is, without those whose caller is gone. */
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

  /** The statement failed because of some of its items, and changed nothing: halves find them in few statements. */
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
