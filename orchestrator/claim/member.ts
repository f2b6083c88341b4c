import { randomInt, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { type FileLock, tryLock } from '../process/file-lock.ts';

/** A daemon's name, which no other daemon has while the lock is held. */
export interface Member {
  /** `<prefix>-<host>-<member>`; an agent's name adds its slot. */
  readonly name: string;
  readonly lock: AsyncDisposable;
}

/** More daemons than a machine can carry. */
const mostMembers = 1_000;

/** Takes the lowest number that is free, so that a daemon gets its old name after a restart. */
export async function takeMember(locksDir: string, prefix: string): Promise<Member & { readonly lock: FileLock }> {
  const host = await hostPart(locksDir);
  for (let number = 1; number <= mostMembers; number++) {
    const name = `${prefix}-${host}-${number}`;
    const lock = await tryLock(lockFile(locksDir, name));
    if (lock !== null) return { name, lock };
  }
  throw new Error(`${mostMembers} daemons with the prefix ${prefix} already run on this machine`);
}

/** Whether an agent belonged to a daemon of this state folder and prefix that no longer runs. */
export async function isOfGoneMember(locksDir: string, prefix: string, agent: string): Promise<boolean> {
  const member = /^(.*-\d+)-\d+$/.exec(agent)?.[1];
  const ours = `${prefix}-${await hostPart(locksDir)}-`;
  if (!member?.startsWith(ours) || !/^\d+$/.test(member.slice(ours.length))) return false;
  await using lock = await tryLock(lockFile(locksDir, member));
  return lock !== null;
}

/**
 * The host's name and the id of the state folder. The locks on names are files in the state folder, so they keep only
 * its own daemons apart. Daemons of another user, or of a container with the same host name, have another folder and
 * another id.
 */
async function hostPart(locksDir: string): Promise<string> {
  const host = (hostname().split('.')[0] ?? '').replace(/[^A-Za-z0-9_-]/g, '').slice(0, 63) || 'host';
  return `${host}_${await idOf(locksDir)}`;
}

/** Four characters that are made once and kept in the folder. */
async function idOf(locksDir: string): Promise<string> {
  const file = path.join(locksDir, 'id');
  const kept = await readFile(file, 'utf8').catch(() => null);
  if (kept !== null) return kept;
  const made = `${file}-${randomUUID()}`;
  await mkdir(locksDir, { recursive: true, mode: 0o700 });
  await writeFile(
    made,
    randomInt(36 ** 4)
      .toString(36)
      .padStart(4, '0'),
  );
  // Of several that start at the same moment, the first link counts for all.
  await link(made, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(made);
  return await readFile(file, 'utf8');
}

function lockFile(locksDir: string, member: string): string {
  return path.join(locksDir, `member-${member}.lock`);
}
