import type { EventFrame } from './event-frame.ts';

/** The size of the frames that are kept. */
const recentMaxBytes = 512 * 1024;

/** The newest events, for readers who are a little behind after a replay. */
export class RecentFrames {
  /** All frames after this position are kept. Undefined before the position is known. */
  #start: number | undefined;
  #frames: EventFrame[] = [];
  #bytes = 0;

  /** Drops all frames. The next frame follows `position`. */
  startAfter(position: number): void {
    this.#start = position;
    this.#frames = [];
    this.#bytes = 0;
  }

  /** Starts after `position` when the position is not known yet. */
  startOnceAfter(position: number): void {
    if (this.#start === undefined) this.startAfter(position);
  }

  /** Appends the next frames. Drops the oldest ones when there are too many. */
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

  /** All frames after `position`. Undefined when some of them were dropped or are unknown. */
  after(position: number): readonly EventFrame[] | undefined {
    if (this.#start === undefined || position < this.#start) return undefined;
    return this.#frames.filter((frame) => frame.position > position);
  }
}
