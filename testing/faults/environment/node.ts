import { freePort } from '../../harness/free-port.ts';
import { type MainProcess, startMain } from '../../harness/start-main.ts';

/** A process of Dispatcher that can be killed and started again at the same address. */
export interface WorldProcess {
  readonly name: string;
  /** Resolves when the process is ready. */
  start(): Promise<void>;
  /** Asks the process to stop, and resolves when it has stopped. Rejects when it did not stop cleanly. */
  stop(): Promise<void>;
  /** Kills it with kill -9. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Stops it with SIGSTOP in the middle of its work, as a machine under pressure may. */
  pause(): void;
  resume(): void;
}

/** A process that answers callers. */
export interface Node extends WorldProcess, AsyncDisposable {
  readonly url: string;
  /** The process id. */
  readonly pid: number;
  /** All that its starts have printed, which is its warnings. */
  output(): string;
}

/** A node with these settings and its own ports. It does not run yet. */
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
