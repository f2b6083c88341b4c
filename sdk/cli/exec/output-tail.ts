import { plainText } from '../terminal/terminal-text.ts';

/** Enough for the lines that are kept and for the escape sequences and progress bars between them. */
const mostBytes = 64 * 1024;
const mostLines = 30;
const mostCharacters = 4_000;

/** Keeps the end of a program's output, however long the output is. */
export class OutputTail {
  #chunks: Buffer[] = [];
  #bytes = 0;

  /** Adds a piece of output. */
  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < 2 * mostBytes) return;
    const kept = Buffer.concat(this.#chunks).subarray(-mostBytes);
    this.#chunks = [kept];
    this.#bytes = kept.length;
  }

  /** The last lines, without escape sequences and control characters. */
  text(): string {
    const lines = plainText(Buffer.concat(this.#chunks).toString()).trimEnd().split('\n').slice(-mostLines);
    return lines.join('\n').slice(-mostCharacters).toWellFormed();
  }
}
