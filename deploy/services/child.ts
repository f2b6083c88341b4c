import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program that was started, and ends with this process however that ends. */
export interface Child {
  readonly process: ChildProcess;
  /** Resolves to the exit code when it has ended; null after a signal. */
  readonly exited: Promise<number | null>;
  /** Asks it to end and waits; kills it when it does not in time. Answers its exit code. */
  stop(): Promise<number | null>;
}

/** What to start. */
export interface ChildOptions {
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Is given all that it prints; without it that goes where this process's own output goes. */
  onOutput?: ((text: string) => void) | undefined;
}

/** Longer than any of our own processes takes to end when asked. */
const patienceMs = 25_000;

const setpriv = '/usr/bin/setpriv';

/**
 * Starts it in a session of its own, so that Ctrl-C reaches it only through us. On Linux the kernel asks it to end
 * when this process dies in whatever way.
 */
export function startChild({ command, args, env, onOutput }: ChildOptions): Child {
  const onDeath = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'TERM'] : [];
  const [program = command, ...rest] = [...onDeath, command, ...args];
  const output = onOutput ? 'pipe' : 'inherit';
  const child = spawn(program, rest, { env, stdio: ['ignore', output, output], detached: true });
  if (onOutput) for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: unknown) => onOutput(String(chunk)));
  const exited = once(child, 'close').then(([code]: unknown[]) => (typeof code === 'number' ? code : null));
  return { process: child, exited, stop: () => stop(child, exited) };
}

async function stop(child: ChildProcess, exited: Promise<number | null>): Promise<number | null> {
  child.kill('SIGTERM');
  const late = new AbortController();
  const kill = async () => {
    await sleep(patienceMs, undefined, { signal: late.signal });
    child.kill('SIGKILL');
  };
  kill().catch(() => undefined);
  const code = await exited;
  late.abort();
  return code;
}
