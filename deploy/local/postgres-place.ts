import { randomUUID } from 'node:crypto';
import { chmod, chown, cp, lchown, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { choosePostgresAccount, isOwnAccount, type PostgresAccount, succeeds } from './postgres-account.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { writeFileSafely } from './write-file-safely.ts';

/** Where the embedded PostgreSQL lives and who runs it. */
export interface PostgresPlace {
  readonly account: PostgresAccount;
  /** Holds the cluster and what belongs to it: the data folder, wherever the account can reach it. */
  readonly folder: string;
  /** The cluster, PostgreSQL's own data directory. */
  readonly cluster: string;
  /** The folder of `bin`, `lib` and `share`. */
  readonly binaries: string;
}

/** Finds the place that a data folder had before, or chooses one. */
export async function findPostgresPlace(dataDir: string): Promise<PostgresPlace> {
  const earlier = await earlierFolder(dataDir);
  const account = await choosePostgresAccount(earlier ? await ownerOf(join(earlier, 'postgres')) : undefined);
  await admit(account, dataDir);
  const folder = earlier ?? ((await canEnter(account, dataDir)) ? dataDir : await makeOutsideFolder(account, dataDir));
  const cluster = join(folder, 'postgres');
  await handOver(account, cluster);
  return { account, folder, cluster, binaries: await reachableBinaries(account, folder) };
}

/** The folder that holds the data folder's cluster since an earlier start. */
async function earlierFolder(dataDir: string): Promise<string | undefined> {
  if (await ownerOf(join(dataDir, 'postgres'))) return dataDir;
  return readFile(join(dataDir, outsideName), 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

/** The file that says where the cluster is when it is not in the data folder. */
const outsideName = 'postgres-folder';

async function ownerOf(path: string): Promise<{ uid: number; gid: number } | undefined> {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** Lets another account's group pass through a folder of root's, and see nothing in it. */
async function admit(account: PostgresAccount, folder: string): Promise<void> {
  if (!account.ids) return;
  await chown(folder, 0, account.ids.gid);
  await chmod(folder, 0o710);
}

async function canEnter(account: PostgresAccount, folder: string): Promise<boolean> {
  return isOwnAccount(account) || succeeds(account, 'test', ['-x', folder]);
}

/** A lasting folder that every account can reach, for a data folder below one that only root may enter. */
async function makeOutsideFolder(account: PostgresAccount, dataDir: string): Promise<string> {
  const folder = join('/var/lib/dispatcher', randomUUID());
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await chmod(folder, 0o700);
  await admit(account, folder);
  await writeFileSafely(join(dataDir, outsideName), `${folder}\n`);
  return folder;
}

/** Gives root's files in a cluster to the account that runs it from now on, when namespaces were permitted once and are no more. */
async function handOver({ ids }: PostgresAccount, cluster: string): Promise<void> {
  if (!ids || (await ownerOf(cluster))?.uid !== 0) return;
  for (const name of await readdir(cluster, { recursive: true })) await lchown(join(cluster, name), ids.uid, ids.gid);
  // The folder itself last: an interrupted hand-over is repeated by the next start.
  await chown(cluster, ids.uid, ids.gid);
}

/** The installed binaries, or a copy beside the cluster where the account cannot reach those. */
async function reachableBinaries(account: PostgresAccount, folder: string): Promise<string> {
  const installed = await findPostgresBinaries();
  if (isOwnAccount(account) || (await succeeds(account, join(installed, 'bin/postgres'), ['--version']))) return installed;
  const version = (await stat(join(installed, 'bin/postgres'))).mtimeMs.toString(36);
  const copy = join(folder, `binaries-${version}`);
  if (await ownerOf(copy)) return copy;
  const unfinished = `${copy}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await cp(installed, unfinished, { recursive: true, verbatimSymlinks: true });
  await rename(unfinished, copy);
  return copy;
}
