import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';
import { isRunning, type ProcessIdentity } from '../process/process-identity.ts';
import { statusFileSchema } from '../status/status-file.ts';
import type { SwarmFolder } from './swarm-folder.ts';

/** A member that was started and not stopped. It may have died. */
export interface SwarmMember {
  readonly name: string;
  readonly report: Readonly<z.infer<typeof statusFileSchema>>;
  readonly identity: ProcessIdentity;
  readonly isAlive: boolean;
}

/** All members, sorted by name. */
export async function readMembers(folder: SwarmFolder): Promise<SwarmMember[]> {
  const names = (await readdir(folder.members)).flatMap((file) => (file.endsWith('.json') ? [path.basename(file, '.json')] : []));
  const members = await Promise.all(names.map((name) => readMember(folder, name)));
  return members.filter((member) => member !== null).sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** The member of this name; null when there is none. */
export async function readMember(folder: SwarmFolder, name: string): Promise<SwarmMember | null> {
  const file = memberFile(folder, name);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const report = statusFileSchema.parse(JSON.parse(text));
  const identity = { pid: report.pid, startTicks: report.start_ticks, bootId: report.boot_id };
  return { name, report, identity, isAlive: await isRunning(identity) };
}

/** Removes the file of a member that has ended, unless another member has taken its name. */
export async function removeMember(folder: SwarmFolder, { name, identity }: SwarmMember): Promise<void> {
  const now = await readMember(folder, name);
  if (now !== null && now.identity.pid === identity.pid && now.identity.startTicks === identity.startTicks) await rm(memberFile(folder, name));
}

/** The status file of a member. */
export function memberFile(folder: SwarmFolder, name: string): string {
  return path.join(folder.members, `${name}.json`);
}

/** The log of a member, which is also its standard error. */
export function memberLog(folder: SwarmFolder, name: string): string {
  return path.join(folder.logs, `${name}.log`);
}
