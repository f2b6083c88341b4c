import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileCache } from './config.ts';

/** Starts `npm start` as a process, or `npm run start:services`. Both have the same settings and output. */
export interface MainProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Resolves when it has printed that it runs. Rejects with its output when it ends before that. */
  readonly ready: Promise<void>;
  /** Resolves to the exit code when it has ended; to null after a signal. */
  readonly exited: Promise<number | null>;
  /** Everything it has printed so far. */
  output(): string;
}

/** How to start it, apart from its settings. */
interface MainOptions {
  /** Run it as another user. */
  uid?: number;
  gid?: number;
  /** Start the services and the gateway as separate processes. */
  asProcesses?: boolean;
}

/** Starts it with only these settings. Disposing it sends SIGTERM and waits for the end. */
export function startMain(settings: Readonly<Record<string, string>>, { asProcesses = false, ...ids }: MainOptions = {}): MainProcess {
  const env = { ...compileCache(), TMPDIR: tmpdir(), PORT: '0', GRPC_PORT: '0', ...settings };
  const child = spawn(process.execPath, [asProcesses ? servicesPath : localPath], { ...ids, env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const exited = once(child, 'close').then(([code]: unknown[]) => (typeof code === 'number' ? code : null));
  const ready = new Promise<void>((resolve, reject) => {
    const read = (chunk: unknown) => {
      output += String(chunk);
      if (output.includes('Dispatcher is running.')) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    exited.then((code) => reject(new Error(`It ended with ${code}:\n${output}`)), reject);
  });
  ready.catch(() => undefined);
  return {
    child,
    ready,
    exited,
    output: () => output,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

const localPath = join(import.meta.dirname, '../../deploy/local/main.ts');
const servicesPath = join(import.meta.dirname, '../../deploy/services/main.ts');
