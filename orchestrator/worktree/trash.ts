import { existsSync } from 'node:fs';
import { mkdir, rename, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { wordsFromError } from '../claim/dispatcher.ts';
import type { Log } from '../log/log.ts';
import { endStrays } from '../process/orphans.ts';
import { removeAtIdle, removeFolder } from './remove-folder.ts';
import { findLeftFolders, type LeftFolders, openSpareFolders, type SpareFolders, type SparePlace } from './spare-folders.ts';

/** What the trash works with. */
export interface TrashOptions extends SparePlace {
  /** The environment of the programs that delete. */
  readonly environment: Readonly<Record<string, string>>;
  readonly log: Log;
}

/** With this many folders to delete, a caller that adds another one waits, so that the disk does not fill up. */
const mostWaiting = 3;

/** How long a git of a daemon that is gone may take to end by itself. */
const gitGraceMs = 10_000;

/**
 * Deletes folders in the background. It first renames them into folders of this daemon. So they are out of the way at
 * once, and the next start finds those that a killed daemon has not deleted.
 */
export class Trash {
  readonly #options: TrashOptions;
  #folders: ReturnType<typeof openSpareFolders> | null = null;
  #deleting: Promise<void> = Promise.resolve();
  #waiting = 0;
  #count = 0;

  constructor(options: TrashOptions) {
    this.#options = options;
  }

  /** The folders of the daemon, created when they are first needed. */
  async folders(): Promise<SpareFolders> {
    this.#folders ??= openSpareFolders(this.#options);
    const folders = await this.#folders.catch((error: unknown) => {
      this.#folders = null;
      throw error;
    });
    // A program that cleans up temporary files may delete an empty folder where the worktrees are.
    await mkdir(folders.worktrees, { recursive: true });
    return folders;
  }

  /** Moves folders out of the way, and deletes them later. A folder that does not exist is no error. */
  async discard(...folders: string[]): Promise<void> {
    const moved: string[] = [];
    for (const folder of folders) {
      const away = existsSync(folder) ? await this.#moveAway(folder) : null;
      if (away !== null) moved.push(away);
    }
    if (moved.length === 0) return;
    this.#later(() => this.#delete(moved));
    if (this.#waiting > mostWaiting) await this.#deleting;
  }

  /** Deletes what killed daemons have left, in the background. */
  async removeLeft(): Promise<void> {
    for (const left of await findLeftFolders(this.#options.sparesDir)) this.#later(() => this.#deleteLeft(left));
  }

  /** Waits until everything is deleted, and then deletes the folders of the daemon. */
  async close(): Promise<void> {
    await this.#deleting;
    const folders = await this.#folders?.catch(() => null);
    this.#folders = null;
    if (folders) await this.#deleteLeft({ ...folders, daemonId: this.#options.daemonId });
  }

  /** The new place of a folder. Null when there is none on the same file system; the folder is then deleted at once. */
  async #moveAway(folder: string): Promise<string | null> {
    const { worktrees, repositories } = await this.folders();
    const name = `trash-${++this.#count}`;
    for (const parent of [worktrees, repositories]) {
      const away = path.join(parent, name);
      const isMoved = await rename(folder, away).then(
        () => true,
        () => false,
      );
      if (isMoved) return away;
    }
    await removeFolder(folder);
    return null;
  }

  #later(work: () => Promise<void>): void {
    this.#waiting += 1;
    this.#deleting = this.#deleting
      .then(work)
      .catch((error: unknown) => this.#options.log.warn({ why: wordsFromError(error) }, 'a folder could not be deleted; the next start tries again'))
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  async #delete(folders: readonly string[]): Promise<void> {
    await removeAtIdle(folders, this.#options.environment, this.#options.daemonId);
  }

  async #deleteLeft({ daemonId, worktrees, repositories, lock }: LeftFolders): Promise<void> {
    await using _lock = lock;
    if (daemonId !== this.#options.daemonId) await endStrays(daemonId, gitGraceMs);
    if (worktrees !== null) {
      await this.#delete([worktrees]);
      await rmdir(path.dirname(worktrees)).catch(() => undefined);
    }
    await this.#delete([repositories]);
  }
}
