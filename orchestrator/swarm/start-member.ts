import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { OrchestratorSettings } from '../config.ts';
import type { FileLock } from '../process/file-lock.ts';
import { identityOf } from '../process/process-identity.ts';
import { writeStatusFile } from '../status/status-file.ts';
import type { StatusReport } from '../status/status-report.ts';
import type { SwarmFolder } from './swarm-folder.ts';
import { memberFile, memberLog, readMember, removeMember } from './swarm-member.ts';

/** What a member reads on its standard input when its file has been written. */
export const startWord = 'go';

/** How long a member may take to be ready. Origin and dispatcher may be slow. */
const readyLimitMs = 120_000;

/** How a start ended. `slow`: the member is not ready yet. `said`: what it wrote before it ended. */
export type StartOutcome =
  | { readonly how: 'ready' | 'slow'; readonly name: string; readonly pid: number }
  | { readonly how: 'failed'; readonly name: string; readonly code: number | null; readonly said: string };

/**
 * Starts a member in a session of its own, so that it outlives this process and the terminal. Answers when it takes
 * tasks or has failed.
 */
export async function startMember(
  folder: SwarmFolder,
  settings: OrchestratorSettings,
  repository: string,
  { name, lock }: { readonly name: string; readonly lock: FileLock },
): Promise<StartOutcome> {
  await using log = await open(memberLog(folder, name), 'a+', 0o600);
  const { size } = await log.stat();
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'member.ts'), name, folder.path], {
    detached: true,
    env: { ...settings.environment },
    // The member inherits the lock on its name, so no other daemon can take the name in between.
    stdio: ['pipe', log.fd, log.fd, lock.file.fd],
  });
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  await writeStatusFile(memberFile(folder, name), reportOfStart(name, repository, pid, settings), await identityOf(pid));
  const member = await readMember(folder, name);
  // A member that has already ended does not read it.
  child.stdin?.on('error', () => undefined).end(startWord);
  const how = await becomesReady(folder, name, child);
  child.unref();
  if (how !== 'failed') return { how, name, pid };
  if (member !== null) await removeMember(folder, member);
  return { how, name, code: child.exitCode, said: await textFrom(log, size) };
}

async function becomesReady(folder: SwarmFolder, name: string, child: ChildProcess): Promise<'ready' | 'slow' | 'failed'> {
  const end = performance.now() + readyLimitMs;
  while (performance.now() < end) {
    if (child.exitCode !== null || child.signalCode !== null) return 'failed';
    const member = await readMember(folder, name);
    if (member !== null && member.report.pid === child.pid && member.report.state !== 'starting') return 'ready';
    await delay(50);
  }
  return 'slow';
}

/** What is in a member's file until the member writes its own report. */
function reportOfStart(member: string, repository: string, pid: number, settings: OrchestratorSettings): StatusReport {
  return {
    member,
    repository,
    pid,
    state: 'starting',
    written_at: new Date().toISOString(),
    uptime_seconds: 0,
    max_agents: settings.maxAgents,
    finished: 0,
    released: 0,
    blocked: null,
    paused: null,
    last_failure: null,
    runs: [],
  };
}

async function textFrom(file: FileHandle, position: number): Promise<string> {
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(16 * 1024), position });
  return buffer.toString('utf8', 0, bytesRead);
}
