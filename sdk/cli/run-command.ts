import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ClaimedTask, Task } from '@recursiv/sdk';
import { environmentForCommand } from './config.ts';

/** How a command ended. */
export interface CommandEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How long a command may take to end after it was asked to. */
const graceMilliseconds = 5_000;

/**
 * Runs a command line in a shell with the task in its environment, where no shell reads it. When the signal is aborted the command is asked to
 * end, then killed. Without a terminal it is a process group of its own, so that all of it ends; with one it stays in the terminal's group and can
 * read from it.
 */
export async function runCommand(command: string, { task, claim }: ClaimedTask, signal: AbortSignal): Promise<CommandEnd> {
  const isGroup = !process.stdin.isTTY;
  const child = spawn('/bin/sh', ['-c', command], {
    stdio: 'inherit',
    detached: isGroup,
    env: environmentForCommand({ ...taskVariables(task), DISPATCHER_AGENT: claim.agent, DISPATCHER_ATTEMPT: String(claim.attempt) }),
  });
  const kill = (name: NodeJS.Signals) => killQuietly(isGroup ? -(child.pid ?? 0) : (child.pid ?? 0), name);
  let last: NodeJS.Timeout | undefined;
  const end = () => {
    kill('SIGTERM');
    last = setTimeout(() => kill('SIGKILL'), graceMilliseconds);
  };
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    const [code, name]: [number | null, NodeJS.Signals | null] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return { code, signal: name };
  } finally {
    clearTimeout(last);
    signal.removeEventListener('abort', end);
    if (signal.aborted && isGroup) kill('SIGKILL');
  }
}

function taskVariables(task: Task): Record<string, string> {
  const { id, organization_id, title, description, project, owner, milestone, layer, stage, branch, notes, context_handoff } = task;
  const values = { id, organization_id, title, description, project, owner, milestone, layer, stage, branch, notes, context_handoff };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[`DISPATCHER_TASK_${name.toUpperCase()}`, value]])),
  );
}

/** It may have ended by itself; 0 would be our own group. */
function killQuietly(pid: number, name: NodeJS.Signals): void {
  if (pid === 0) return;
  try {
    process.kill(pid, name);
  } catch {
    // No such process: it is gone, which is what was wanted.
  }
}
