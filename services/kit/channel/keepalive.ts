/**
 * Finds out whether the other end of a stream works. A frozen process keeps its connections, so only pings can tell.
 */
export interface Keepalive extends Disposable {
  /** Whether an answer is late. The other end does not count as dead yet. */
  readonly silent: boolean;
  /** The caller calls it with each ping that was answered. */
  answered(ping: number): void;
}

/** How often a ping is sent. No ping is sent while an answer is missing. */
const pingMs = 500;

/**
 * The number of intervals without an answer after which the other end counts as dead: 4 s. Intervals are counted and
 * time is not measured, because this process itself may have been frozen.
 */
const missesAllowed = 8;

/** Sends pings with `ping` from now on, and calls `onDead` once when no answer came for 4 s. */
export function startKeepalive(ping: (ping: number) => void, onDead: () => void): Keepalive {
  let last = 1;
  let misses = 0;
  let due = true;
  const beat = () => {
    if (due) {
      misses += 1;
      if (misses < missesAllowed) return;
      clearInterval(timer);
      onDead();
      return;
    }
    last = (last % 0xffff_ffff) + 1;
    due = true;
    ping(last);
  };
  const timer = setInterval(beat, pingMs);
  ping(last);
  return {
    get silent() {
      return misses > 0;
    },
    answered(answeredPing) {
      if (answeredPing !== last) return;
      due = false;
      misses = 0;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
