import { freePort } from '../../harness/free-port.ts';
import { type MainProcess, startMain } from '../../harness/start-main.ts';

/** A process of Dispatcher that can die and come back at the same address. */
export interface WorldProcess {
  readonly name: string;
  /** Resolves when it is ready. */
  start(): Promise<void>;
  /** Asks it to end, and resolves when it has; rejects when it did not end well. */
  stop(): Promise<void>;
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>;
  /** Stops it in the middle of whatever it does, as a machine under pressure may. */
  pause(): void;
  resume(): void;
}

/** One that answers callers. */
export interface Node extends WorldProcess, AsyncDisposable {
  readonly url: string;
  /** The number of the running process. */
  readonly pid: number;
  /** What all its starts have printed: its warnings. */
  output(): string;
}

/** A node that does not run yet, with these settings and ports of its own. */
export async function createNode(name: string, settings: Readonly<Record<string, string>>): Promise<Node> {
  const [port, grpcPort] = [await freePort(), await freePort()];
  const starts: MainProcess[] = [];
  const current = () => starts.at(-1);
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    get pid() {
      return current()?.child.pid ?? 0;
    },
    async start() {
      const main = startMain({ LOG_LEVEL: 'warn', ...settings, PORT: String(port), GRPC_PORT: String(grpcPort) });
      starts.push(main);
      await main.ready;
    },
    async stop() {
      current()?.child.kill('SIGTERM');
      const code = await current()?.exited;
      if (code !== 0) throw new Error(`Node ${name} ended with ${code} when it was asked to stop:\n${current()?.output().slice(-2_000)}`);
    },
    async kill() {
      current()?.child.kill('SIGKILL');
      await current()?.exited;
    },
    pause: () => void current()?.child.kill('SIGSTOP'),
    resume: () => void current()?.child.kill('SIGCONT'),
    output: () => starts.map((main) => main.output()).join('\n'),
    async [Symbol.asyncDispose]() {
      current()?.child.kill('SIGCONT');
      await current()?.[Symbol.asyncDispose]();
    },
  };
}
