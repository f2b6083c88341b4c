import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

/**
 * The folders for what must last. They are in the user's state folder, which survives a reboot and is outside all
 * worktrees.
 */
export interface StateFolder {
  /** Locks for all daemons that share this state folder. */
  readonly locks: string;
  /** One folder per run. */
  readonly runs: string;
  /** The daemon's log, and a folder per task with the log of each command. */
  readonly logs: string;
  /** A folder per task at work, with its repository. */
  readonly tasks: string;
  /** A folder per daemon, with the repositories of worktrees that belong to no task. */
  readonly spares: string;
  /** Files that agents left and that no commit takes. */
  readonly kept: string;
  /** The bare clone in which work is merged, and from which it is pushed. */
  readonly clone: string;
  /** The file that git reads in place of the user's global configuration. */
  readonly gitConfig: string;
  /** The report of each daemon. */
  readonly status: string;
}

/** Makes the folders for a repository, where they do not exist yet. */
export function openStateFolder(stateDir: string, repositoryGitDir: string, name: string): StateFolder {
  const own = path.join(stateDir, 'repositories', `${name.replace(/[^\w.-]/g, '_')}-${shortHash(repositoryGitDir)}`);
  const folder = {
    locks: path.join(stateDir, 'locks'),
    runs: path.join(own, 'runs'),
    logs: path.join(own, 'logs'),
    tasks: path.join(own, 'tasks'),
    spares: path.join(own, 'spares'),
    kept: path.join(own, 'kept'),
    clone: path.join(own, 'clean.git'),
    gitConfig: path.join(own, 'gitconfig'),
    status: path.join(own, 'status'),
  };
  for (const one of [folder.locks, folder.runs, folder.logs, folder.tasks, folder.spares, folder.status])
    mkdirSync(one, { recursive: true, mode: 0o700 });
  return folder;
}

/** A short name for a text that may be long and contain any character. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
