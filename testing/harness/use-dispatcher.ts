import { type Credentials, readCredentials } from '@dispatcher/local/data-folder/credentials.ts';
import { inject } from 'vitest';
import { type MainProcess, startMain } from './start-main.ts';
import { useFolder } from './use-folder.ts';

/**
 * The whole of Dispatcher as `npm start` runs it, or `npm run start:services` in a run against separate processes: on
 * free ports, on an embedded PostgreSQL of its own.
 */
export interface TestDispatcher extends AsyncDisposable {
  /**
   * Its addresses and keys. A restart on the same data folder has the same keys and, unless `settings` name them,
   * other ports.
   */
  readonly credentials: Credentials;
  readonly main: MainProcess;
}

/** Starts it and waits until it is ready. Disposing it stops it and removes its data folder, unless that was given. */
export async function useDispatcher({ dataDir, settings }: { dataDir?: string; settings?: Record<string, string> } = {}): Promise<TestDispatcher> {
  await using resources = new AsyncDisposableStack();
  const folder = dataDir ?? resources.use(await useFolder()).path;
  const main = resources.use(
    startMain({ LOG_LEVEL: 'warn', ...settings, DISPATCHER_DATA_DIR: folder }, { asProcesses: inject('topology') !== undefined }),
  );
  await main.ready;
  const credentials = await readCredentials(folder);
  if (!credentials) throw new Error('It runs without having saved its credentials.');
  const started = resources.move();
  return { credentials, main, [Symbol.asyncDispose]: () => started.disposeAsync() };
}
