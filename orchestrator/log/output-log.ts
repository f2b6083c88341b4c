import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** How much of one command's output is kept on disk. */
const capBytes = 32 * 1024 * 1024;

/** How much of its end is kept in memory, for the task's notes and for the agent. */
const tailBytes = 12 * 1024;

/**
 * The output of one command: written to a file up to a limit, with its end in memory. A full disk does not end the run.
 */
export class OutputLog implements AsyncDisposable {
  readonly file: string;
  readonly #stream: WriteStream;
  #written = 0;
  #tail: Buffer = Buffer.alloc(0);

  constructor(file: string) {
    this.file = file;
    mkdirSync(path.dirname(file), { recursive: true });
    this.#stream = createWriteStream(file, { mode: 0o600 });
    this.#stream.on('error', () => undefined);
  }

  /** Adds the next piece of output. */
  push(chunk: Buffer): void {
    this.#tail = Buffer.concat([this.#tail, chunk]).subarray(-tailBytes);
    if (this.#written > capBytes || this.#stream.destroyed) return;
    this.#written += chunk.length;
    this.#stream.write(this.#written > capBytes ? '\n[the output goes on; it is not kept from here]\n' : chunk);
  }

  /** The end of the output as text, without control sequences. */
  get tail(): string {
    return stripVTControlCharacters(this.#tail.toString('utf8')).replace(/(?![\n\t])\p{Cc}/gu, '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stream.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#stream.once('close', resolve);
      this.#stream.end();
    });
  }
}
