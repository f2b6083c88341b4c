import { lstat, mkdir } from 'node:fs/promises';
import path from 'node:path';

/** Where a swarm keeps what it knows: a file and a log for each member. */
export interface SwarmFolder {
  readonly path: string;
  /** One file for each member: its status file. */
  readonly members: string;
  readonly logs: string;
  /** Held by whoever changes which members there are. */
  readonly lock: string;
}

/** The folder cannot be used, in words that say why. */
export class SwarmFolderError extends Error {
  override readonly name = 'SwarmFolderError';
}

/** Makes the folder when it is not there. Throws a `SwarmFolderError` when somebody else could change what is in it. */
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

/** A temp folder is everybody's: whoever was there first could name processes to be killed, or files to be written over. */
async function refuseForeign(dir: string): Promise<void> {
  const found = await lstat(dir);
  const why = !found.isDirectory()
    ? 'is not a folder'
    : found.uid !== process.getuid?.()
      ? 'belongs to somebody else'
      : (found.mode & 0o022) !== 0
        ? 'can be written by others'
        : null;
  if (why !== null) throw new SwarmFolderError(`${dir} ${why}, so the swarm cannot be kept there: name another folder in ORCH_SWARM_DIR.`);
}
