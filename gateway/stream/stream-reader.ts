import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { EventReset } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { bytesFromKeepAlive, bytesFromReset, type EventFrame } from './event-frame.ts';

/** The events that a reader asked for and may see. */
export interface StreamFilter {
  /** Null for an admin who named none: all organizations. */
  readonly organizationId: string | null;
  /** All types when empty. */
  readonly types: readonly string[];
}

/** A connection is closed when this many bytes wait for its reader. */
const unreadMaxBytes = 1024 * 1024;

/** How long a reader has to receive the end of its stream. */
const lastWordsMs = 1000;

/** One open event stream. */
export class StreamReader {
  #position: number;
  /** The position in the last keep-alive. */
  #told: number | undefined;
  /** The `authorization` header with which it was opened. */
  readonly authorization: string;
  readonly #response: ServerResponse;
  readonly #filter: StreamFilter;
  /** Readers with equal filters have the same key. */
  readonly #filterKey: string;

  constructor(response: ServerResponse, authorization: string, filter: StreamFilter, position: number) {
    this.#response = response;
    this.authorization = authorization;
    this.#filter = filter;
    this.#filterKey = JSON.stringify(filter);
    this.#position = position;
  }

  /** All events up to this position were written, or the reader did not ask for them. */
  get position(): number {
    return this.#position;
  }

  /** Notes that all events up to `position` are done. */
  passTo(position: number): void {
    this.#position = Math.max(this.#position, position);
  }

  /** Writes a comment, and the position when it has changed since the last time. */
  keepAlive(): void {
    this.write(bytesFromKeepAlive(this.#told === this.#position ? undefined : this.#position));
    this.#told = this.#position;
  }

  /** Writes bytes. When too many would wait, it ends the connection. */
  write(bytes: Buffer): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    if (this.#response.writableLength + bytes.length > unreadMaxBytes) this.#response.destroy();
    else this.#response.write(bytes);
  }

  /**
   * Writes the frames that come after the reader's position and that it asked for, as one piece of bytes. `pieces`
   * caches the pieces for readers with equal filters.
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

  /** Tells the reader that it may have missed events. Its position is then that of the reset. */
  reset(reset: EventReset): void {
    this.#position = Number(reset.position);
    this.write(bytesFromReset(reset));
  }

  /** Resolves when the reader has received what was written. Rejects when `signal` fires before. */
  async drained(signal: AbortSignal): Promise<void> {
    if (!this.#response.writableNeedDrain) return;
    await once(this.#response, 'drain', { signal });
  }

  /** Ends the stream. The connection is closed when the reader does not receive the end in time. */
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
