import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Credentials, readCredentials } from '@dispatcher/local/data-folder/credentials.ts';
import { startChild } from '@dispatcher/processes/child.ts';
import { freePorts } from '@dispatcher/processes/free-ports.ts';

/** Dispatcher in its own process, ready for calls. It ends when this process ends, in whatever way. */
export interface DispatcherProcess extends AsyncDisposable {
  readonly pid: number;
  readonly url: string;
  /** Its keys. It saves them a moment after it is ready. */
  credentials(): Promise<Credentials>;
}

/**
 * How often it is asked whether it is ready: often enough to time a start, but not so often that it slows the start
 * down.
 */
const askMs = 20;

/**
 * Runs `npm start`, or `npm run start:services` for one process per service, on a data folder, with only these
 * settings.
 */
export async function startDispatcherProcess(
  dataDir: string,
  settings: Readonly<Record<string, string>> = {},
  asProcesses = false,
): Promise<DispatcherProcess> {
  const [port = 0] = await freePorts(1);
  let output = '';
  let ended = false;
  const child = startChild({
    command: process.execPath,
    args: [join(import.meta.dirname, '../../deploy', asProcesses ? 'services' : 'local', 'main.ts')],
    env: { TMPDIR: tmpdir(), LOG_LEVEL: 'warn', GRPC_PORT: '0', DISPATCHER_DATA_DIR: dataDir, ...settings, PORT: String(port) },
    onOutput: (text) => {
      output += text;
    },
  });
  child.exited.then(
    () => {
      ended = true;
    },
    () => undefined,
  );
  const until = async <T>(look: () => Promise<T>): Promise<NonNullable<T>> => {
    for (;;) {
      const seen = await look();
      if (seen) return seen;
      if (ended) throw new Error(`Dispatcher ended at its start:\n${output.slice(-2_000)}`);
      await sleep(askMs);
    }
  };
  const url = `http://127.0.0.1:${port}`;
  await until(() => isReady(url));
  return {
    pid: child.process.pid ?? 0,
    url,
    credentials: () => until(() => readCredentials(dataDir)),
    [Symbol.asyncDispose]: async () => void (await child.stop()),
  };
}

const isReady = (url: string): Promise<boolean> =>
  fetch(`${url}/readyz`, { headers: { connection: 'close' } }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.ok;
    },
    () => false,
  );
