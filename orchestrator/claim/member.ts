import { hostname } from 'node:os';
import path from 'node:path';
import { type FileLock, tryLock } from '../process/file-lock.ts';

/** A daemon's place among those of this user on this machine with the same prefix. Nobody else has the number while the lock is held. */
export interface Member {
  /** `<prefix>-<host>-<member>`; an agent's name adds its slot. */
  readonly name: string;
  readonly lock: FileLock;
}

/** More daemons than a machine can carry. */
const mostMembers = 1_000;

/** Takes the lowest number that is free, so that a daemon started again has the name it had. */
export async function takeMember(locksDir: string, prefix: string): Promise<Member> {
  const host =
    hostname()
      .split('.')[0]
      ?.replace(/[^A-Za-z0-9_-]/g, '') || 'host';
  for (let number = 1; number <= mostMembers; number++) {
    const name = `${prefix}-${host.slice(0, 63)}-${number}`;
    const lock = await tryLock(path.join(locksDir, `member-${name}.lock`));
    if (lock !== null) return { name, lock };
  }
  throw new Error(`${mostMembers} daemons with the prefix ${prefix} run on this machine already`);
}
