import { appendFileSync, copyFileSync, mkdirSync, renameSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';

/** How large the file may become, and how many older ones are kept beside it. `.1` is the newest. */
const limitBytes = 10 * 1024 * 1024;
const olderFiles = 5;

/**
 * A log file of at most 10 MiB, with five older ones beside it. It is rotated by copying and emptying it, so that it
 * stays the same file: a process that has it as standard error still writes its last error where people look. On a full
 * disk lines are lost, and nothing else happens.
 */
export class LogFile {
  readonly #file: string;
  #bytes = 0;

  constructor(file: string) {
    this.#file = file;
    mkdirSync(path.dirname(file), { recursive: true });
    quietly(() => {
      this.#bytes = statSync(file).size;
    });
  }

  /** Appends a line at once: the last line before a crash must not wait in a buffer. */
  write(line: string): void {
    quietly(() => {
      appendFileSync(this.#file, line, { mode: 0o600 });
      this.#bytes += Buffer.byteLength(line);
      if (this.#bytes > limitBytes) this.#rotate();
    });
  }

  #rotate(): void {
    for (let number = olderFiles - 1; number > 0; number--) quietly(() => renameSync(`${this.#file}.${number}`, `${this.#file}.${number + 1}`));
    copyFileSync(this.#file, `${this.#file}.1`);
    truncateSync(this.#file);
    this.#bytes = 0;
  }
}

function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // The line is lost.
  }
}
