import type { EventFrame } from './event-frame.ts';

/** How much is remembered. */
const recentMaxBytes = 512 * 1024;

/** The newest events, for readers that come from a replay a little behind. */
export class RecentFrames {
  /** All frames after this position are here; undefined before anything is known. */
  #start: number | undefined;
  #frames: EventFrame[] = [];
  #bytes = 0;

  /** Forgets everything: what comes next follows `position`. */
  startAfter(position: number): void {
    this.#start = position;
    this.#frames = [];
    this.#bytes = 0;
  }

  /** Starts there if nothing is known yet. */
  startOnceAfter(position: number): void {
    if (this.#start === undefined) this.startAfter(position);
  }

  /** Appends what follows, and forgets the oldest when it is too much. */
  add(frames: readonly EventFrame[]): void {
    for (const frame of frames) {
      this.#frames.push(frame);
      this.#bytes += frame.bytes.length;
    }
    let forgotten = 0;
    for (const frame of this.#frames) {
      if (this.#bytes <= recentMaxBytes) break;
      this.#bytes -= frame.bytes.length;
      this.#start = frame.position;
      forgotten += 1;
    }
    if (forgotten > 0) this.#frames = this.#frames.slice(forgotten);
  }

  /** All after `position`, or undefined when some of them are forgotten or unknown. */
  after(position: number): readonly EventFrame[] | undefined {
    if (this.#start === undefined || position < this.#start) return undefined;
    return this.#frames.filter((frame) => frame.position > position);
  }
}
