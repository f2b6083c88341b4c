/** How many actions are allowed at once, and how many each second after that. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** The actions that a rate still allows. A new bucket is full. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #filledAt = performance.now();

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#tokens = rate.burst;
  }

  /** The number of actions that are allowed now. */
  left(): number {
    const now = performance.now();
    this.#add(((now - this.#filledAt) / 1000) * this.#rate.perSecond);
    this.#filledAt = now;
    return this.#tokens;
  }

  take(): void {
    this.#tokens -= 1;
  }

  giveBack(): void {
    this.#add(1);
  }

  #add(tokens: number): void {
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + tokens);
  }
}

/** The number of names that are remembered. The name that was not used for the longest time is forgotten first. */
const namesMax = 10_000;

/** A bucket for each name, with the same rate. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  of(name: string): TokenBucket {
    const bucket = this.#buckets.get(name) ?? new TokenBucket(this.#rate);
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > namesMax && oldest !== undefined) this.#buckets.delete(oldest);
    return bucket;
  }
}
