import { randomUUID } from 'node:crypto';
import { chmod, chown, cp, lchown, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileSafely } from '../data-folder/write-file-safely.ts';
import { isOwnAccount, type Owner, type PostgresAccount, possibleAccounts, succeeds } from './account.ts';
import { findPostgresBinaries } from './binaries.ts';

/** The folders of the embedded PostgreSQL, and the account that runs it. */
export interface PostgresPlace {
  readonly account: PostgresAccount;
  /** The folder of the cluster and what belongs to it. It is the data folder when the account can reach that. */
  readonly folder: string;
  /** The cluster, PostgreSQL's own data directory. */
  readonly cluster: string;
  /** The folder of `bin`, `lib` and `share`. */
  readonly binaries: string;
}

/**
 * Returns the place that a data folder used before, or chooses one. Throws when no account can reach the earlier place.
 */
export async function findPostgresPlace(dataDir: string): Promise<PostgresPlace> {
  const earlier = await earlierFolder(dataDir);
  const accounts = await possibleAccounts(earlier === undefined ? undefined : await ownerOf(join(earlier, 'postgres')));
  const chosen = await firstToEnter(accounts, earlier ?? dataDir);
  const account = chosen ?? accounts[0];
  if (!account || (earlier && !chosen)) throw new Error(unreachable(earlier ?? dataDir));
  const folder = earlier ?? (chosen ? dataDir : await makeOutsideFolder(account, dataDir));
  const cluster = join(folder, 'postgres');
  await handOver(account, cluster);
  return { account, folder, cluster, binaries: await reachableBinaries(account, folder) };
}

function unreachable(folder: string): string {
  return `PostgreSQL cannot run as root, and no other account can reach ${folder}. Permit user namespaces again, or move the data folder to where all may enter and name it with DISPATCHER_DATA_DIR.`;
}

/** The folder that has the cluster of the data folder since an earlier start. Undefined before the first start. */
export async function earlierFolder(dataDir: string): Promise<string | undefined> {
  if (await ownerOf(join(dataDir, 'postgres'))) return dataDir;
  return readFile(join(dataDir, outsideName), 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

/** The file that names the folder of the cluster when it is not in the data folder. */
const outsideName = 'postgres-folder';

async function ownerOf(path: string): Promise<Owner | undefined> {
  return stat(path).then(
    ({ uid, gid }) => ({ uid, gid }),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
}

async function firstToEnter(accounts: readonly PostgresAccount[], folder: string): Promise<PostgresAccount | undefined> {
  for (const account of accounts) {
    await admit(account, folder);
    if (isOwnAccount(account) || (await succeeds(account, 'test', ['-x', folder]))) return account;
  }
  return undefined;
}

/** Lets the group of another account pass through a folder of root without seeing its content. */
async function admit({ ids }: PostgresAccount, folder: string): Promise<void> {
  if (!ids) return;
  await chown(folder, 0, ids.gid);
  await chmod(folder, 0o710);
}

/** A permanent folder that every account can reach, for a data folder below one that only root can enter. */
async function makeOutsideFolder(account: PostgresAccount, dataDir: string): Promise<string> {
  const folder = join('/var/lib/dispatcher', randomUUID());
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await chmod(folder, 0o700);
  await admit(account, folder);
  await writeFileSafely(join(dataDir, outsideName), `${folder}\n`);
  return folder;
}

/** Changes the owner of a cluster to the account that runs it from now on, when the earlier account no longer can. */
async function handOver(account: PostgresAccount, cluster: string): Promise<void> {
  const { uid, gid } = account.ids ?? { uid: 0, gid: 0 };
  // The folder is changed first and again last, so that an interrupted change is noticed and repeated.
  const first = join(cluster, 'global/pg_control');
  const owners = [await ownerOf(first), await ownerOf(cluster)];
  if (process.getuid?.() !== 0 || owners.every((owner) => owner === undefined || owner.uid === uid)) return;
  for (const path of [first, ...(await readdir(cluster, { recursive: true })).map((name) => join(cluster, name)), cluster])
    await lchown(path, uid, gid);
}

/** The installed binaries, or a copy beside the cluster when the account cannot reach the installed ones. */
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
