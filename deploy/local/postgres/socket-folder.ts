import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PostgresPlace } from './place.ts';

/**
 * The folder of PostgreSQL's socket, which only its account enters; that is the whole authentication. It is `run` in
 * the place's folder, or a short one under the temp folder where the path would be too long for a socket.
 */
export async function createSocketFolder({ account, folder }: PostgresPlace): Promise<string> {
  const path = socketFolder(folder);
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await refuseForeign(path, account.ids?.uid);
  await chmod(path, 0o700);
  if (account.ids) await chown(path, account.ids.uid, account.ids.gid);
  return path;
}

/** Where the socket of the cluster in `folder` is. */
export function socketFolder(folder: string): string {
  const inside = join(folder, 'run');
  if (Buffer.byteLength(join(inside, socketName)) <= longestSocketPath) return inside;
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  return join(tmpdir(), `dispatcher-${name}`);
}

const socketName = '.s.PGSQL.5432.lock';

/** In bytes; macOS allows the least. */
const longestSocketPath = 103;

/** The temp folder belongs to everybody: a folder that somebody else laid there first is not ours to trust. */
async function refuseForeign(path: string, accountUid: number | undefined): Promise<void> {
  const found = await lstat(path);
  const owners = [process.getuid?.(), accountUid];
  if (!found.isDirectory() || !owners.includes(found.uid))
    throw new Error(`${path} exists and belongs to somebody else. Remove it, or choose a shorter DISPATCHER_DATA_DIR.`);
}
