import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';

/** Whose a file is. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Under which account PostgreSQL runs. It refuses uid 0, so root has to become somebody else. */
export interface PostgresAccount {
  /** What stands before the command. */
  readonly prefix: readonly string[];
  /** The account to change to; undefined keeps the own. */
  readonly ids?: Owner;
}

/**
 * The accounts that may run a cluster of this owner, or a new one; the first that can reach it is the one to take.
 *
 * Root first tries a user namespace in which it bears the name of nobody: the files stay root's own, so it works
 * below a folder that only root may enter. Where namespaces are not permitted (most containers), it drops to nobody
 * for good. A cluster that belongs to somebody is best run as that user.
 */
export async function possibleAccounts(clusterOwner: Owner | undefined): Promise<PostgresAccount[]> {
  if (process.getuid?.() !== 0) return [{ prefix: [] }];
  const inNamespace: PostgresAccount = { prefix: ['unshare', '--user', `--map-user=${nobody}`, `--map-group=${nobody}`] };
  const permitted = (await succeeds(inNamespace, 'true', [])) ? [inNamespace] : [];
  if (clusterOwner && clusterOwner.uid !== 0) return [{ prefix: [], ids: clusterOwner }, ...permitted];
  return [...permitted, { prefix: [], ids: { uid: nobody, gid: nobody } }];
}

/** The one unprivileged account that every system knows; initdb asks for an account with a name. */
const nobody = 65534;

/**
 * Starts a program under the account, in a session of its own, so that Ctrl-C reaches it only through us.
 * On Linux the kernel sends it `deathSignal` when this process dies in whatever way.
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

/** Standard places only: the account may not be able to enter ours. */
const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Whether the account is the one that this process has. */
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
