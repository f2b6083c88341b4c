/** Whether the other end of a stream still works. A stopped process keeps its connections, so only an answer tells. */
export interface Keepalive extends Disposable {
  /** Whether an answer is overdue, if not yet for so long that the other end counts as dead. */
  readonly silent: boolean;
  /** To be called with each ping that was answered. */
  answered(ping: number): void;
}

/** How often the other end is asked. Nothing is asked while an answer is due. */
const pingMs = 500;

/**
 * So many times in a row without an answer, and the other end counts as dead: 4 s. Counted, not timed, since this
 * process may have been the one that stood still.
 */
const missesAllowed = 8;

/** Asks by `ping` from now on, and calls `onDead` once when no answer came for 4 s. */
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
