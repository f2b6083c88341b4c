import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { EventReset } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { bytesFromReset, type EventFrame } from './event-frame.ts';

/** Which events a reader wants, and may have. */
export interface StreamFilter {
  /** Null for the admin who named none: all. */
  readonly organizationId: string | null;
  /** All when empty. */
  readonly types: readonly string[];
}

/** A reader who does not read is cut off when this much waits for it. */
const unreadMaxBytes = 1024 * 1024;

/** How long a reader has to take the end of its stream. */
const lastWordsMs = 1000;

/** One open event stream. */
export class StreamReader {
  #position: number;
  /** The `authorization` it was opened with. */
  readonly authorization: string;
  readonly #response: ServerResponse;
  readonly #filter: StreamFilter;
  /** The same for readers who want the same. */
  readonly #filterKey: string;

  constructor(response: ServerResponse, authorization: string, filter: StreamFilter, position: number) {
    this.#response = response;
    this.authorization = authorization;
    this.#filter = filter;
    this.#filterKey = JSON.stringify(filter);
    this.#position = position;
  }

  /** Everything up to here has been written, or was not wanted. */
  get position(): number {
    return this.#position;
  }

  /** Notes that nothing up to `position` is left to write. */
  passTo(position: number): void {
    this.#position = Math.max(this.#position, position);
  }

  /** Writes bytes, unless too many wait already: then the connection ends. */
  write(bytes: Buffer): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    if (this.#response.writableLength > unreadMaxBytes) this.#response.destroy();
    else this.#response.write(bytes);
  }

  /**
   * Writes those of the frames that come after its position and that it wants, in one piece. `pieces` has those
   * already made for others.
   */
  deliver(frames: readonly EventFrame[], pieces = new Map<string, Buffer>()): void {
    const [first] = frames;
    if (!first) return;
    const isBehindAll = this.#position < first.position;
    const piece = (isBehindAll ? pieces.get(this.#filterKey) : undefined) ?? this.#pieceOf(frames);
    if (isBehindAll) pieces.set(this.#filterKey, piece);
    this.passTo(frames.at(-1)?.position ?? 0);
    if (piece.length > 0) this.write(piece);
  }

  /** Tells the reader that it may have missed events, and goes on from where that says. */
  reset(reset: EventReset): void {
    this.#position = Number(reset.position);
    this.write(bytesFromReset(reset));
  }

  /** Resolves when the reader has taken what was written; rejects when `signal` fires before. */
  async drained(signal: AbortSignal): Promise<void> {
    if (!this.#response.writableNeedDrain) return;
    await once(this.#response, 'drain', { signal });
  }

  /** Ends the stream and its connection; one that does not take its last words soon is cut off. */
  end(lastWords?: Buffer): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    const { socket } = this.#response;
    const late = setTimeout(() => this.#response.destroy(), lastWordsMs);
    this.#response.once('close', () => clearTimeout(late));
    this.#response.end(lastWords, () => socket?.destroySoon());
  }

  #pieceOf(frames: readonly EventFrame[]): Buffer {
    return Buffer.concat(frames.filter((frame) => frame.position > this.#position && this.#wants(frame)).map(({ bytes }) => bytes));
  }

  #wants({ organizationId, type }: EventFrame): boolean {
    const { organizationId: own, types } = this.#filter;
    return (own === null || own === organizationId) && (types.length === 0 || types.includes(type));
  }
}
