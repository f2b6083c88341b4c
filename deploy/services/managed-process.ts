import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, type ChildOptions, startChild } from './child.ts';

/** A process of Dispatcher that can end and start again at the same address. */
export interface ManagedProcess extends AsyncDisposable {
  /** Its name for people: `claim-1`. */
  readonly name: string;
  /** `host:port`. */
  readonly address: string;
  /** The id of the running process. 0 when it does not run. */
  readonly pid: number;
  /** Starts the process, and resolves when it is ready. Rejects when it ends before that, or when `giveUp` fires. */
  start(giveUp?: AbortSignal): Promise<void>;
  /** Asks the process to end, and resolves when it has ended. Rejects when its exit code is not 0. */
  stop(): Promise<void>;
  /** Sends kill -9. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** Pauses the process in the middle of its work. */
  pause(): void;
  resume(): void;
  /** Resolves when the process has ended, for whatever reason. Resolves at once when it does not run. */
  ended(): Promise<void>;
}

/** The program to run, and how to find out that it is ready. */
export interface ManagedProcessOptions extends ChildOptions {
  name: string;
  address: string;
  isReady: () => Promise<boolean>;
}

/** A start on a busy machine may take several seconds. */
const startLimitMs = 60_000;

/** Creates a process without starting it. */
export function createManagedProcess({ name, address, isReady, onOutput, ...options }: ManagedProcessOptions): ManagedProcess {
  let child: Child | null = null;
  let lastWords = '';
  const listen = (text: string) => {
    lastWords = (lastWords + text).slice(-2_000);
    onOutput?.(text);
  };
  const becomeReady = async ({ exited }: Child, giveUp: AbortSignal | undefined) => {
    let ended = false;
    exited.then(
      () => {
        ended = true;
      },
      () => undefined,
    );
    const until = performance.now() + startLimitMs;
    while (!(await isReady())) {
      if (ended) throw new Error(`${name} ended before it was ready: ${lastWords}`);
      if (performance.now() > until) throw new Error(`${name} was not ready within ${startLimitMs / 1000} s.`);
      await sleep(50, undefined, { signal: giveUp });
    }
  };
  return {
    name,
    address,
    get pid() {
      return child?.process.pid ?? 0;
    },
    async start(giveUp) {
      child = startChild({ ...options, onOutput: onOutput && listen });
      await becomeReady(child, giveUp);
    },
    async stop() {
      const code = await child?.stop();
      child = null;
      if (code !== 0 && code !== undefined) throw new Error(`${name} ended with ${code} when it was asked to stop.`);
    },
    async kill() {
      child?.process.kill('SIGKILL');
      await child?.exited;
      child = null;
    },
    pause: () => void child?.process.kill('SIGSTOP'),
    resume: () => void child?.process.kill('SIGCONT'),
    ended: async () => void (await child?.exited),
    async [Symbol.asyncDispose]() {
      child?.process.kill('SIGCONT');
      await child?.stop();
    },
  };
}
