import { hostname } from 'node:os';
import path from 'node:path';
import type { DaemonContext } from '../daemon/context.ts';
import { type FileLock, tryLock } from '../process/file-lock.ts';

/** A daemon's place among those of this user on this machine with the same prefix. Nobody else has the number while the lock is held. */
export interface Member {
  /** `<prefix>-<host>-<member>`; an agent's name adds its slot. */
  readonly name: string;
  readonly lock: AsyncDisposable;
}

/** More daemons than a machine can carry. */
const mostMembers = 1_000;

/** Takes the lowest number that is free, so that a daemon started again has the name it had. */
export async function takeMember(locksDir: string, prefix: string): Promise<Member & { readonly lock: FileLock }> {
  for (let number = 1; number <= mostMembers; number++) {
    const name = `${prefix}-${hostPart()}-${number}`;
    const lock = await tryLock(lockFile(locksDir, name));
    if (lock !== null) return { name, lock };
  }
  throw new Error(`${mostMembers} daemons with the prefix ${prefix} run on this machine already`);
}

/** Whether a name is one of an agent of this machine and prefix whose daemon does not live any more. */
export async function isOfGoneMember({ settings, state }: Pick<DaemonContext, 'settings' | 'state'>, agent: string): Promise<boolean> {
  const member = /^(.*-\d+)-\d+$/.exec(agent)?.[1];
  if (member === undefined || !new RegExp(`^${settings.agentPrefix}-${hostPart()}-\\d+$`).test(member)) return false;
  await using lock = await tryLock(lockFile(state.locks, member));
  return lock !== null;
}

function hostPart(): string {
  return (hostname().split('.')[0] ?? '').replace(/[^A-Za-z0-9_-]/g, '').slice(0, 63) || 'host';
}

function lockFile(locksDir: string, member: string): string {
  return path.join(locksDir, `member-${member}.lock`);
}
