import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

/** Where a daemon keeps what must last: in the user's state folder, which survives a reboot and which no agent meets in its worktree. */
export interface StateFolder {
  /** Locks that hold for all daemons of this user on this machine. */
  readonly locks: string;
  /** One folder per run. */
  readonly runs: string;
  /** The daemon's log, and a folder per task with the log of each command. */
  readonly logs: string;
  /** A folder per task at work, with its repository. */
  readonly tasks: string;
  /** What agents left that no commit takes. */
  readonly kept: string;
  /** The bare clone that merges and pushes. */
  readonly clone: string;
  /** What stands in for the user's global git configuration. */
  readonly gitConfig: string;
  /** What each daemon says about itself. */
  readonly status: string;
}

/** Finds and makes the folders for a repository. */
export function openStateFolder(stateDir: string, repositoryGitDir: string, name: string): StateFolder {
  const own = path.join(stateDir, 'repositories', `${name.replace(/[^\w.-]/g, '_')}-${shortHash(repositoryGitDir)}`);
  const folder = {
    locks: path.join(stateDir, 'locks'),
    runs: path.join(own, 'runs'),
    logs: path.join(own, 'logs'),
    tasks: path.join(own, 'tasks'),
    kept: path.join(own, 'kept'),
    clone: path.join(own, 'clean.git'),
    gitConfig: path.join(own, 'gitconfig'),
    status: path.join(own, 'status'),
  };
  for (const one of [folder.locks, folder.runs, folder.logs, folder.tasks, folder.status]) mkdirSync(one, { recursive: true, mode: 0o700 });
  return folder;
}

/** A short name for something that may be long or hold any character. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
