import { type ChildProcess, spawn } from 'node:child_process';

/** A process to run. Its command is a list of arguments, which no shell reads. */
export interface ProcessRequest {
  readonly command: readonly string[];
  readonly cwd: string;
  /** The whole environment; nothing is inherited from this process. */
  readonly env: Readonly<Record<string, string>>;
  /** Written to its standard input, which is then closed. */
  readonly input?: string | Buffer | undefined;
  /** Its time limit. */
  readonly limitMs: number;
  /** Stops it, with its process group. */
  readonly signal?: AbortSignal | undefined;
  readonly onOutput: (chunk: Buffer, from: 'stdout' | 'stderr') => void;
}

/** How a process ended: by itself, at its time limit, by the caller's signal, or because it could not be started. */
export type ProcessEnd =
  | { readonly how: 'exited'; readonly code: number | null; readonly signal: NodeJS.Signals | null }
  | { readonly how: 'limit' }
  | { readonly how: 'aborted' }
  | { readonly how: 'unstartable'; readonly reason: string };

/** The time between SIGTERM and SIGKILL. */
const graceMs = 2_000;

/**
 * How long output is still read after the process has ended. A stray process that keeps the pipe open must not keep us
 * waiting.
 */
const drainMs = 1_000;

/** Runs a process in a process group of its own, and answers when the whole group has ended. Never throws. */
export async function runProcess(request: ProcessRequest): Promise<ProcessEnd> {
  if (request.signal?.aborted) return { how: 'aborted' };
  const [program = '', ...args] = request.command;
  const child = spawn(program, args, { cwd: request.cwd, env: { ...request.env }, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const started = await new Promise<Error | null>((resolve) => child.once('spawn', () => resolve(null)).once('error', resolve));
  if (started !== null) return { how: 'unstartable', reason: started.message };
  child.stdout.on('data', (chunk: Buffer) => request.onOutput(chunk, 'stdout'));
  child.stderr.on('data', (chunk: Buffer) => request.onOutput(chunk, 'stderr'));
  // A program may close its input without reading it.
  child.stdin.on('error', () => undefined);
  child.stdin.end(request.input ?? '');
  return await supervise(child, request);
}

async function supervise(child: ChildProcess, request: ProcessRequest): Promise<ProcessEnd> {
  let stopped: 'limit' | 'aborted' | undefined;
  let kill: NodeJS.Timeout | undefined;
  const stop = (why: 'limit' | 'aborted') => {
    if (stopped !== undefined) return;
    stopped = why;
    signalGroup(child, 'SIGTERM');
    kill = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
  };
  const abort = () => stop('aborted');
  request.signal?.addEventListener('abort', abort, { once: true });
  if (request.signal?.aborted) abort();
  const limit = setTimeout(() => stop('limit'), request.limitMs);
  try {
    const end = await ended(child);
    return stopped === undefined ? end : { how: stopped };
  } finally {
    clearTimeout(limit);
    clearTimeout(kill);
    request.signal?.removeEventListener('abort', abort);
    signalGroup(child, 'SIGKILL');
    await drained(child);
  }
}

function ended(child: ChildProcess): Promise<ProcessEnd> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve({ how: 'exited', code: child.exitCode, signal: child.signalCode });
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve({ how: 'exited', code, signal })));
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has already ended.
  }
}

async function drained(child: ChildProcess): Promise<void> {
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null && !stream.readableEnded && !stream.destroyed);
  const all = Promise.all(streams.map((stream) => new Promise<void>((resolve) => stream?.once('close', resolve))));
  const timer = setTimeout(() => {
    for (const stream of streams) stream?.destroy();
  }, drainMs);
  await all;
  clearTimeout(timer);
}
