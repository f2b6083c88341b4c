import { DispatcherError } from '../serving/errors.ts';

/** How many look-ups of unknown keys are allowed at once, and how many a second after that. */
interface LookupRate {
  readonly burst: number;
  readonly perSecond: number;
}

/** For one address, and over all. The last quarter of the latter is kept for addresses without failures. */
export interface LookupRates {
  readonly perAddress: LookupRate;
  readonly total: LookupRate;
}

const defaultRates: LookupRates = { perAddress: { burst: 200, perSecond: 10 }, total: { burst: 1000, perSecond: 100 } };

/** At most so many addresses are remembered. The one that has asked for nothing for longest is forgotten first. */
const addressesMax = 10_000;

/** Bounds how often keys that may be made up reach the database. */
export interface LookupLimits {
  /** Counts a look-up for `address`, or throws a 429. Call the answer when the key turns out to be good. */
  take(address: string): () => void;
}

/** Counts from zero. */
export function createLookupLimits({ perAddress, total }: LookupRates = defaultRates): LookupLimits {
  const all = new TokenBucket(total);
  const byAddress = new Map<string, TokenBucket>();
  const bucketOf = (address: string): TokenBucket => {
    const bucket = byAddress.get(address) ?? new TokenBucket(perAddress);
    byAddress.delete(address);
    byAddress.set(address, bucket);
    const [oldest] = byAddress.keys();
    if (byAddress.size > addressesMax && oldest !== undefined) byAddress.delete(oldest);
    return bucket;
  };
  return {
    take(address) {
      const own = bucketOf(address);
      const isKept = all.left() <= total.burst / 4 && own.left() < perAddress.burst;
      if (own.left() < 1 || all.left() < 1 || isKept) throw tooMany();
      own.take();
      all.take();
      return () => {
        own.giveBack();
        all.giveBack();
      };
    },
  };
}

class TokenBucket {
  readonly #rate: LookupRate;
  #tokens: number;
  #filledAt = performance.now();

  constructor(rate: LookupRate) {
    this.#rate = rate;
    this.#tokens = rate.burst;
  }

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

const tooMany = () =>
  new DispatcherError('rate_limited', 'Too many requests came with unknown API keys; wait a moment, and check your key.', {
    retry_after_seconds: '1',
  });
