import { constants, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import { type Rate, TokenBuckets } from '../admission/token-buckets.ts';
import type { Caller } from '../auth/caller.ts';

/**
 * Ends sessions whose client opens streams only to reset them. Resets without a key are counted for the client's
 * address, because a client can open any number of connections. Resets with a key are counted for its organization. A
 * gateway shows the admin key and resets a stream for each reader that leaves, so it has no limit.
 */
export interface StreamResets {
  /** Notes the caller that a key on the session stands for. */
  belongsTo(session: Http2Session | undefined, caller: Caller): void;
  /** Counts the stream when its client resets it. `address` is the address of the client. */
  watch(stream: ServerHttp2Stream, address: string): void;
}

const ofStrangers: Rate = { burst: 500, perSecond: 20 };
const ofOrganizations: Rate = { burst: 1000, perSecond: 100 };

/** Counts from zero. */
export function createStreamResets(): StreamResets {
  const callers = new WeakMap<Http2Session, Caller>();
  const byAddress = new TokenBuckets(ofStrangers);
  const byOrganization = new TokenBuckets(ofOrganizations);
  const bucketOf = (caller: Caller | undefined, address: string) =>
    caller ? (caller.organizationId === null ? undefined : byOrganization.of(caller.organizationId)) : byAddress.of(address);
  return {
    belongsTo(session, caller) {
      if (session) callers.set(session, caller);
    },
    watch(stream, address) {
      const { session } = stream;
      stream.once('close', () => {
        // A connection that breaks ends all of its streams.
        if (!session || session.destroyed || !wasReset(stream)) return;
        const bucket = bucketOf(callers.get(session), address);
        if (!bucket) return;
        if (bucket.left() < 1) session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
        else bucket.take();
      });
    },
  };
}

/** A refusal by this server is not counted. */
const wasReset = ({ rstCode }: ServerHttp2Stream) => rstCode !== constants.NGHTTP2_NO_ERROR && rstCode !== constants.NGHTTP2_REFUSED_STREAM;
