import { type Rate, TokenBucket, TokenBuckets } from '../admission/token-buckets.ts';
import { DispatcherError } from '../serving/errors.ts';

/** The rates for one address and in total. The last quarter of the total is for addresses without failures. */
export interface LookupRates {
  readonly perAddress: Rate;
  readonly total: Rate;
}

const defaultRates: LookupRates = { perAddress: { burst: 200, perSecond: 10 }, total: { burst: 1000, perSecond: 100 } };

/** Limits how often keys that may be made up reach the database. */
export interface LookupLimits {
  /** Counts a look-up for `address`, or throws a 429. Call the returned function when the key is valid. */
  take(address: string): () => void;
}

/** Counts from zero. */
export function createLookupLimits({ perAddress, total }: LookupRates = defaultRates): LookupLimits {
  const all = new TokenBucket(total);
  const byAddress = new TokenBuckets(perAddress);
  return {
    take(address) {
      const own = byAddress.of(address);
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

const tooMany = () =>
  new DispatcherError('rate_limited', 'Too many requests came with unknown API keys; wait a moment, and check your key.', {
    retry_after_seconds: '1',
  });
