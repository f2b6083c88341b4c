import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A running program. It ends when this process ends, in whatever way. */
export interface Child {
  readonly process: ChildProcess;
  /** Resolves to the exit code when the program has ended. Null after a signal. */
  readonly exited: Promise<number | null>;
  /** Asks the program to end and waits. Kills it when it does not end in time. Returns its exit code. */
  stop(): Promise<number | null>;
}

/** What to start. */
export interface ChildOptions {
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Gets all its output. Without it, the output goes where the output of this process goes. */
  onOutput?: ((text: string) => void) | undefined;
}

/** Longer than any of our processes takes to end. */
const patienceMs = 25_000;

const setpriv = '/usr/bin/setpriv';

/**
 * Starts the program in its own session, so that Ctrl-C reaches it only through us. On Linux the kernel asks it to end
 * when this process dies, in whatever way.
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
