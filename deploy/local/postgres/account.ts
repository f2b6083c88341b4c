import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';

/** The owner of a file. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** The account that runs PostgreSQL. PostgreSQL refuses uid 0, so root has to use another account. */
export interface PostgresAccount {
  /** The words before the command. */
  readonly prefix: readonly string[];
  /** The account to change to. Undefined keeps the current one. */
  readonly ids?: Owner;
}

/**
 * The accounts that may run a cluster of this owner, or a new one. The first one that can reach the cluster should be
 * used.
 *
 * Root first tries a user namespace in which it has the name nobody. The files still belong to root, so this works
 * below a folder that only root can enter. When namespaces are not permitted, as in most containers, it changes to
 * nobody permanently. A cluster that belongs to another user is run as that user.
 */
export async function possibleAccounts(clusterOwner: Owner | undefined): Promise<PostgresAccount[]> {
  if (process.getuid?.() !== 0) return [{ prefix: [] }];
  const inNamespace: PostgresAccount = { prefix: ['unshare', '--user', `--map-user=${nobody}`, `--map-group=${nobody}`] };
  const permitted = (await succeeds(inNamespace, 'true', [])) ? [inNamespace] : [];
  if (clusterOwner && clusterOwner.uid !== 0) return [{ prefix: [], ids: clusterOwner }, ...permitted];
  return [...permitted, { prefix: [], ids: { uid: nobody, gid: nobody } }];
}

/** The only unprivileged account that every system has. initdb needs an account with a name. */
const nobody = 65534;

/**
 * Starts a program under the account, in its own session, so that Ctrl-C reaches it only through us. On Linux the
 * kernel sends it `deathSignal` when this process dies, in whatever way.
 */
export function spawnUnder(
  account: PostgresAccount,
  deathSignal: 'INT' | 'KILL',
  program: string,
  args: readonly string[],
  stdio: StdioOptions,
): ChildProcess {
  const onDeath = existsSync(setpriv) ? [setpriv, '--pdeathsig', deathSignal] : [];
  const [command = program, ...rest] = [...onDeath, ...account.prefix, program, ...args];
  return spawn(command, rest, { ...account.ids, stdio, detached: true, cwd: '/', env: { PATH: searchPath, LC_ALL: 'C', TZ: 'UTC' } });
}

const setpriv = '/usr/bin/setpriv';

/** Only standard places, because the account may not be able to enter ours. */
const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Whether this process already runs under the account. */
export function isOwnAccount(account: PostgresAccount): boolean {
  return !account.ids && account.prefix.length === 0;
}

/** Whether a program runs under the account and exits with 0. */
export async function succeeds(account: PostgresAccount, program: string, args: readonly string[]): Promise<boolean> {
  const child = spawnUnder(account, 'KILL', program, args, 'ignore');
  try {
    const [code]: unknown[] = await once(child, 'exit');
    return code === 0;
  } catch {
    return false;
  }
}
