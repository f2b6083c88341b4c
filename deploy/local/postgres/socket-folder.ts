import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PostgresPlace } from './place.ts';

/**
 * The folder of the socket of PostgreSQL. Only its account can enter it, and there is no other authentication. It is
 * `run` in the folder of the place, or a short one in the temp folder when the path would be too long for a socket.
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

/** The folder of the socket for the cluster in `folder`. */
export function socketFolder(folder: string): string {
  const inside = join(folder, 'run');
  if (Buffer.byteLength(join(inside, socketName)) <= longestSocketPath) return inside;
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  return join(tmpdir(), `dispatcher-${name}`);
}

const socketName = '.s.PGSQL.5432.lock';

/** In bytes. macOS has the lowest limit. */
const longestSocketPath = 103;

/** Everybody can write to the temp folder, so a folder that another user created there first cannot be trusted. */
async function refuseForeign(path: string, accountUid: number | undefined): Promise<void> {
  const found = await lstat(path);
  const owners = [process.getuid?.(), accountUid];
  if (!found.isDirectory() || !owners.includes(found.uid))
    throw new Error(`${path} exists and belongs to somebody else. Remove it, or choose a shorter DISPATCHER_DATA_DIR.`);
}
