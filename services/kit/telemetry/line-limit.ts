import { type Rate, TokenBucket } from '../admission/token-buckets.ts';

/**
 * Limits how often each message is written. The answer is undefined when this line must not be written, or else the
 * number of lines with this message that were left out since the last one.
 */
export type LineLimit = (message: string) => number | undefined;

/** Messages are texts of the program, so there are few. A message that is not known shares a place with others. */
const messagesMax = 1000;

/** Creates a limit with this rate for each message. */
export function createLineLimit(rate: Rate): LineLimit {
  const messages = new Map<string, { bucket: TokenBucket; leftOut: number }>();
  return (message) => {
    const name = messages.has(message) || messages.size < messagesMax ? message : '';
    const known = messages.get(name) ?? { bucket: new TokenBucket(rate), leftOut: 0 };
    messages.set(name, known);
    if (known.bucket.left() < 1) {
      known.leftOut += 1;
      return undefined;
    }
    known.bucket.take();
    const { leftOut } = known;
    known.leftOut = 0;
    return leftOut;
  };
}
