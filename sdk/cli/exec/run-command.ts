import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClaimedTask, Task } from '@recursiv/sdk';
import { environmentForCommand } from '../config.ts';
import { OutputTail } from './output-tail.ts';

/** How to run a command. */
export interface RunOptions {
  /** Abort it to end the command. */
  readonly signal: AbortSignal;
  /** Whether the command gets the terminal itself, to ask and to draw. Its output is not kept then. */
  readonly isInteractive: boolean;
  /** Where the command's standard output goes. */
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
}

/** How a command ended. */
export interface CommandEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of its output, as readable text. */
  readonly tail: string;
}

/** How long a command may take to end after SIGTERM. */
const graceMilliseconds = 5_000;
/**
 * How long to wait for the rest of the output. A process that the command left behind can keep the pipe open for ever.
 */
const drainMilliseconds = 1_000;

/**
 * Runs a command line in a shell. The task is in its environment, so no shell interprets what people wrote. The command
 * is a process group of its own, so that all of it can be ended, also when a second signal ends this process. An
 * interactive command stays in the terminal's group, where it can read from the terminal.
 */
export async function runCommand(command: string, claimed: ClaimedTask, options: RunOptions): Promise<CommandEnd> {
  const { signal, isInteractive } = options;
  const tail = new OutputTail();
  const child = isInteractive ? startInteractive(command, claimed, options) : startCaptured(command, claimed, options, tail);
  const kill = (name: NodeJS.Signals) => killQuietly(isInteractive ? child.pid : child.pid && -child.pid, name);
  const killNow = () => kill('SIGKILL');
  let last: NodeJS.Timeout | undefined;
  const end = () => {
    kill('SIGTERM');
    last = setTimeout(killNow, graceMilliseconds);
  };
  signal.addEventListener('abort', end, { once: true });
  process.once('exit', killNow);
  if (signal.aborted) end();
  try {
    const [code, name]: unknown[] = await once(child, 'exit');
    if (!isInteractive) await drained(child);
    return { code: code as number | null, signal: name as NodeJS.Signals | null, tail: tail.text() };
  } finally {
    clearTimeout(last);
    signal.removeEventListener('abort', end);
    process.off('exit', killNow);
    if (signal.aborted && !isInteractive) killNow();
  }
}

function startInteractive(command: string, claimed: ClaimedTask, { out, err }: RunOptions): ChildProcess {
  return spawn('/bin/sh', ['-c', command], { stdio: ['inherit', out, err], env: environmentOf(claimed) });
}

function startCaptured(command: string, claimed: ClaimedTask, { out, err }: RunOptions, tail: OutputTail): ChildProcess {
  const child = spawn('/bin/sh', ['-c', command], { stdio: ['inherit', 'pipe', 'pipe'], detached: true, env: environmentOf(claimed) });
  for (const [from, to] of [
    [child.stdout, out],
    [child.stderr, err],
  ] as const) {
    from.on('data', (chunk: Buffer) => tail.add(chunk));
    from.pipe(to, { end: false });
  }
  return child;
}

async function drained(child: ChildProcess): Promise<void> {
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  const over = new AbortController();
  await Promise.race([
    Promise.all(streams.map((stream) => stream.closed || once(stream, 'close', { signal: over.signal }))),
    sleep(drainMilliseconds, undefined, { signal: over.signal }),
  ]);
  over.abort();
  for (const stream of streams) stream.destroy();
}

function environmentOf({ task, claim }: ClaimedTask): NodeJS.ProcessEnv {
  return environmentForCommand({ ...taskVariables(task), DISPATCHER_AGENT: claim.agent, DISPATCHER_ATTEMPT: String(claim.attempt) });
}

function taskVariables(task: Task): Record<string, string> {
  const { id, organization_id, title, description, project, owner, milestone, layer, stage, branch, notes, context_handoff } = task;
  const values = { id, organization_id, title, description, project, owner, milestone, layer, stage, branch, notes, context_handoff };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[`DISPATCHER_TASK_${name.toUpperCase()}`, value]])),
  );
}

/** A command that did not start has no process id, and one that has ended does not exist. Neither is an error. */
function killQuietly(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, name);
  } catch {
    // No such process.
  }
}
