import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { type FileLock, tryLock, waitForLock } from '../process/file-lock.ts';
import { runStates } from '../run/decide.ts';
import { type RunRecord, recordSchema } from './record.ts';
import { writeAtomically } from './write-atomically.ts';

/** The file of one run, and the lock that says that its daemon lives. */
export class RunFile implements AsyncDisposable {
  readonly #lock: FileLock;
  readonly #folder: string;
  #record: RunRecord;
  #updating: Promise<void> = Promise.resolve();

  private constructor(folder: string, lock: FileLock, record: RunRecord) {
    this.#folder = folder;
    this.#lock = lock;
    this.#record = record;
  }

  /** Begins a run: its record is on disk when this answers. */
  static async create(runsDir: string, record: RunRecord): Promise<RunFile> {
    await using _folderLock = await lockFolder(runsDir);
    const folder = path.join(runsDir, record.run);
    const lock = await tryLock(path.join(folder, 'lock'));
    if (lock === null) throw new Error(`The run ${record.run} is somebody else's`);
    await using stack = new AsyncDisposableStack();
    const file = stack.use(new RunFile(folder, lock, record));
    await file.#write(record);
    stack.move();
    return file;
  }

  /**
   * Takes over runs whose daemon is gone, up to `most` and only such as `isWanted`. What cannot be read is set aside
   * and named.
   */
  static async adopt(
    runsDir: string,
    options: { readonly most: number; isWanted(record: RunRecord): boolean; onUnreadable(folder: string, why: string): void },
  ): Promise<RunFile[]> {
    await using _folderLock = await lockFolder(runsDir);
    const adopted: RunFile[] = [];
    for (const name of await readdir(runsDir).catch(() => [])) {
      if (adopted.length >= options.most) break;
      if (name.endsWith('.unreadable')) continue;
      const folder = path.join(runsDir, name);
      const lock = await tryLock(path.join(folder, 'lock'));
      if (lock === null) continue;
      const record = await readRecord(folder).catch((error: Error) => error);
      if (!(record instanceof Error) && record !== null && options.isWanted(record)) {
        adopted.push(new RunFile(folder, lock, record));
        continue;
      }
      await lock[Symbol.asyncDispose]();
      if (record === null) await rm(folder, { recursive: true, force: true });
      else if (record instanceof Error) {
        options.onUnreadable(folder, record.message);
        await rename(folder, `${folder}.unreadable`);
      }
    }
    return adopted;
  }

  /** What is on disk. */
  get record(): RunRecord {
    return this.#record;
  }

  /** A file in the run's folder, out of the agent's way. */
  scratch(name: string): string {
    return path.join(this.#folder, name);
  }

  /**
   * Changes the record; it is on disk when this answers. A step that the table of states does not know is a fault of
   * ours.
   */
  async update(change: Partial<RunRecord>): Promise<void> {
    const before = this.#updating;
    this.#updating = before.catch(() => undefined).then(() => this.#apply(change));
    await this.#updating;
  }

  /** Ends the run on disk. */
  async delete(): Promise<void> {
    if (this.#record.state !== 'closed') throw new Error(`The file of a run that is ${this.#record.state} is not to be deleted`);
    await using _folderLock = await lockFolder(path.dirname(this.#folder));
    await rm(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lock[Symbol.asyncDispose]();
  }

  /** One after another: a heartbeat may bring a new token while a step writes its state. */
  async #apply(change: Partial<RunRecord>): Promise<void> {
    const next = { ...this.#record, ...change };
    const may: readonly string[] = runStates[this.#record.state];
    if (next.state !== this.#record.state && !may.includes(next.state))
      throw new Error(`A run cannot go from ${this.#record.state} to ${next.state}`);
    await this.#write(next);
    this.#record = next;
  }

  async #write(record: RunRecord): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await writeAtomically(path.join(this.#folder, 'state.json'), `${JSON.stringify(record, null, 2)}\n`);
  }
}

/**
 * Nobody begins, takes over or ends a run while another looks through them: half a run would look like one whose
 * daemon died.
 */
async function lockFolder(runsDir: string): Promise<FileLock> {
  const lock = await waitForLock(`${runsDir}.lock`);
  if (lock === null) throw new Error(`The lock of ${runsDir} could not be taken`);
  return lock;
}

/** Null when the run died before its first record was whole: then nothing had been done yet. */
async function readRecord(folder: string): Promise<RunRecord | null> {
  const text = await readFile(path.join(folder, 'state.json'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return text === null ? null : recordSchema.parse(JSON.parse(text));
}
