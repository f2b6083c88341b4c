import { lstat, mkdir } from 'node:fs/promises';
import path from 'node:path';

/** The folder of a swarm: a file and a log for each member. */
export interface SwarmFolder {
  readonly path: string;
  /** One file for each member: its status file. */
  readonly members: string;
  readonly logs: string;
  /** Held by a command that starts or removes members. */
  readonly lock: string;
}

/** The folder cannot be used. The message says why. */
export class SwarmFolderError extends Error {
  override readonly name = 'SwarmFolderError';
}

/**
 * Makes the folder when it does not exist. Throws a `SwarmFolderError` when another user could change what is in it.
 */
export async function openSwarmFolder(dir: string): Promise<SwarmFolder> {
  const folder = { path: dir, members: path.join(dir, 'members'), logs: path.join(dir, 'logs'), lock: path.join(dir, 'lock') };
  for (const one of [folder.path, folder.members, folder.logs]) {
    await mkdir(one, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw new SwarmFolderError(`${one} cannot be made (${error.code}): name another folder in ORCH_SWARM_DIR.`);
    });
    await refuseForeign(one);
  }
  return folder;
}

/** Everybody can write to a temp folder. Another user's file could name processes to kill, or files to overwrite. */
async function refuseForeign(dir: string): Promise<void> {
  const found = await lstat(dir);
  const why = !found.isDirectory()
    ? 'is not a folder'
    : found.uid !== process.getuid?.()
      ? 'belongs to another user'
      : (found.mode & 0o022) !== 0
        ? 'is writable by other users'
        : null;
  if (why !== null) throw new SwarmFolderError(`${dir} ${why}, so the swarm cannot be kept there: name another folder in ORCH_SWARM_DIR.`);
}
