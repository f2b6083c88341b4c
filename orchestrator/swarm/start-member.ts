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

/** What a member is told, on its standard input, when it is written down. */
export const startWord = 'go';

/** How long a member may take to be ready. Its origin and its dispatcher may be far. */
const readyLimitMs = 120_000;

/** What became of a start. `said` is what the member wrote before it ended. */
export type StartOutcome =
  | { readonly how: 'ready' | 'slow'; readonly name: string; readonly pid: number }
  | { readonly how: 'failed'; readonly name: string; readonly code: number | null; readonly said: string };

/** Starts a member in a session of its own, so that it outlives its starter and the terminal, and answers when it takes tasks or has failed. */
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
    // With the lock on its name: from the choice of the name to the member's end nobody else can take it.
    stdio: ['pipe', log.fd, log.fd, lock.file.fd],
  });
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  await writeStatusFile(memberFile(folder, name), reportOfStart(name, repository, pid, settings), await identityOf(pid));
  const member = await readMember(folder, name);
  // One that ended already does not read it.
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

/** What stands in a member's file until it writes its own. */
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
