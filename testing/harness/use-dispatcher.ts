import { type Credentials, readCredentials } from '@dispatcher/local/data-folder/credentials.ts';
import { inject } from 'vitest';
import { type MainProcess, startMain } from './start-main.ts';
import { useFolder } from './use-folder.ts';

/**
 * All of Dispatcher on free ports and on its own embedded PostgreSQL. It runs as `npm start` runs it. In a test run
 * against separate processes, it runs as `npm run start:services` does.
 */
export interface TestDispatcher extends AsyncDisposable {
  /**
   * Its addresses and keys. A restart on the same data folder keeps the keys. The ports change, unless `settings` name
   * them.
   */
  readonly credentials: Credentials;
  readonly main: MainProcess;
}

/**
 * Starts Dispatcher and waits until it is ready. Disposing it stops it and removes its data folder, unless the test
 * gave the folder.
 */
export async function useDispatcher({ dataDir, settings }: { dataDir?: string; settings?: Record<string, string> } = {}): Promise<TestDispatcher> {
  await using resources = new AsyncDisposableStack();
  const folder = dataDir ?? resources.use(await useFolder()).path;
  const main = resources.use(
    startMain({ LOG_LEVEL: 'warn', ...settings, DISPATCHER_DATA_DIR: folder }, { asProcesses: inject('topology') !== undefined }),
  );
  await main.ready;
  const credentials = await readCredentials(folder);
  if (!credentials) throw new Error('Dispatcher is running but has not saved its credentials.');
  const started = resources.move();
  return { credentials, main, [Symbol.asyncDispose]: () => started.disposeAsync() };
}
