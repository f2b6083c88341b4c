import { existsSync } from 'node:fs';
import path from 'node:path';
import { wordsFromError } from '../claim/dispatcher.ts';
import type { CleanClone } from '../git/clean-clone.ts';
import { commitOf } from '../git/commit.ts';
import type { Git } from '../git/git.ts';
import type { Log } from '../log/log.ts';
import { createSpare, type SpareOptions } from './spare.ts';
import type { TaskRepository } from './task-repository.ts';
import type { Trash } from './trash.ts';

/** What is needed to make spares. */
export interface SparesOptions extends Omit<SpareOptions, 'commit'> {
  readonly git: Git;
  readonly clone: CleanClone;
  readonly baseBranch: string;
  readonly trash: Trash;
  readonly log: Log;
}

/**
 * Worktrees that are checked out ahead, so that a task does not wait for its files. They are made one after another,
 * and each task repository begins as a spare.
 */
export class Spares {
  readonly #options: SparesOptions;
  readonly #ready: TaskRepository[] = [];
  readonly #waiting: PromiseWithResolvers<TaskRepository>[] = [];
  readonly #closing = new AbortController();
  #wanted = 0;
  #count = 0;
  #making: Promise<void> | null = null;
  #discarding: Promise<void> = Promise.resolve();

  constructor(options: SparesOptions) {
    this.#options = options;
  }

  /** Sets the number of spares to keep ready. */
  keep(count: number): void {
    this.#wanted = count;
    this.#makeMissing();
    for (const surplus of this.#ready.splice(count)) this.#discard(surplus);
  }

  /** Returns a spare: one that is ready, or the next one that is made. The caller must move or discard it. */
  async take(signal: AbortSignal): Promise<TaskRepository> {
    // The slot that takes it is no longer free. One spare more than the free slots need is kept for the next task.
    if (this.#wanted > 1) this.#wanted -= 1;
    for (let spare = this.#ready.shift(); spare !== undefined; spare = this.#ready.shift()) {
      this.#makeMissing();
      if (existsSync(spare.worktree)) return spare;
      // Somebody has deleted it, for example a program that cleans up temporary files.
      this.#discard(spare);
    }
    return await this.#next(AbortSignal.any([signal, this.#closing.signal]));
  }

  /** Stops the spare that is being made, and deletes those that are ready. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#making;
    for (const spare of this.#ready.splice(0)) this.#discard(spare);
    await this.#discarding;
  }

  async #next(signal: AbortSignal): Promise<TaskRepository> {
    signal.throwIfAborted();
    const waiting = Promise.withResolvers<TaskRepository>();
    this.#waiting.push(waiting);
    this.#makeMissing();
    const leave = () => {
      const place = this.#waiting.indexOf(waiting);
      if (place !== -1) this.#waiting.splice(place, 1);
      waiting.reject(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await waiting.promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #makeMissing(): void {
    this.#making ??= this.#makeAll().finally(() => {
      this.#making = null;
    });
  }

  /**
   * Waiting callers come first. When a spare cannot be made, a waiting caller gets the error. Without a waiting caller
   * it is tried again.
   */
  async #makeAll(): Promise<void> {
    while (!this.#closing.signal.aborted && (this.#waiting.length > 0 || this.#ready.length < this.#wanted)) {
      const made = await this.#make().catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
      const waiting = this.#waiting.shift();
      if (made instanceof Error) {
        if (waiting === undefined) return void this.#options.log.warn({ why: wordsFromError(made) }, 'no worktree could be made ahead');
        waiting.reject(made);
      } else if (waiting === undefined) this.#ready.push(made);
      else waiting.resolve(made);
    }
  }

  async #make(): Promise<TaskRepository> {
    const { git, clone, baseBranch, trash } = this.#options;
    const commit = await commitOf(git, clone.place, `refs/heads/${baseBranch}`);
    if (commit === null) throw new Error(`origin has no branch ${baseBranch}`);
    const { repositories, worktrees } = await trash.folders();
    const name = `spare-${++this.#count}`;
    const spare = { folder: path.join(repositories, name), worktree: path.join(worktrees, name) };
    try {
      await createSpare(git, clone, spare, { ...this.#options, commit }, this.#closing.signal);
      return spare;
    } catch (error) {
      this.#discard(spare);
      throw error;
    }
  }

  #discard({ folder, worktree }: TaskRepository): void {
    const { trash, log } = this.#options;
    this.#discarding = this.#discarding
      .then(() => trash.discard(worktree, folder))
      .catch((error: unknown) => log.warn({ why: wordsFromError(error) }, 'a worktree made ahead could not be deleted'));
  }
}
