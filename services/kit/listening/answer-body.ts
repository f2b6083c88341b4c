import type { ServerResponse } from 'node:http';
import { constants, type Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';
import type { Turn } from '../admission/semaphore.ts';

/** How long a client may take to receive a piece of an answer. */
const defaultTakenMs = 30_000;

/** The bytes that all answers on one connection may have in memory until the client receives them. */
const unreadMaxBytes = 32 * 1024 * 1024;

/** Limits the answers that clients asked for and do not receive, in bytes and in time. */
export class UnreadAnswers {
  readonly #takenMs: number;
  readonly #bytes = new WeakMap<Socket, number>();

  constructor(takenMs = defaultTakenMs) {
    this.#takenMs = takenMs;
  }

  /**
   * Passes the pieces of an answer on, and ends the call at a limit. `room` is told their size. A piece is read when
   * the last one has left.
   */
  async *of(pieces: AsyncIterable<Uint8Array>, response: ServerResponse | Http2ServerResponse, room?: Turn): AsyncIterable<Uint8Array> {
    const { socket } = response;
    for await (const piece of pieces) {
      const late = setTimeout(() => end(response), this.#takenMs);
      room?.keep(piece.length);
      if (socket && !this.#add(socket, piece.length)) end(response);
      try {
        yield piece;
      } finally {
        clearTimeout(late);
        if (socket) this.#add(socket, -piece.length);
      }
    }
    const late = setTimeout(() => end(response), this.#takenMs);
    response.once('close', () => clearTimeout(late));
  }

  /** Returns whether the connection is within its limit. */
  #add(socket: Socket, more: number): boolean {
    const bytes = (this.#bytes.get(socket) ?? 0) + more;
    this.#bytes.set(socket, bytes);
    return bytes <= unreadMaxBytes;
  }
}

function end(response: ServerResponse | Http2ServerResponse): void {
  if ('stream' in response) response.stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  response.destroy();
}
