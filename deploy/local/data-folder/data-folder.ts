import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { realpath, rm, stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { makeSettingFolder } from '@dispatcher/kit/settings/path-settings.ts';

/** A data folder that only this process uses. Disposing it lets another process use it. */
export interface DataFolder extends AsyncDisposable {
  /** Absolute, and without symlinks. */
  readonly path: string;
}

/**
 * Creates the folder when it does not exist, for its owner only, and locks it. Throws when another process holds it.
 *
 * The lock is a listening socket, because the kernel frees it when the process ends, in whatever way.
 */
export async function holdDataFolder(wanted: string): Promise<DataFolder> {
  await refuseForeign(wanted);
  await makeSettingFolder('DISPATCHER_DATA_DIR', wanted);
  const path = await realpath(wanted);
  const server = await hold(path);
  // The lock does not keep the process alive.
  server.unref();
  return { path, [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
}

async function refuseForeign(path: string): Promise<void> {
  const uid = process.getuid?.();
  const owner = await stat(path).then(
    (found) => found.uid,
    () => undefined,
  );
  if (uid !== 0 && owner !== undefined && uid !== owner)
    throw new Error(`The data folder ${path} belongs to another user. Start as that user, or choose another folder with DISPATCHER_DATA_DIR.`);
}

async function hold(path: string): Promise<Server> {
  const address = lockAddress(path);
  const server = createServer((socket) => socket.end(String(process.pid)));
  for (let attempt = 1; ; attempt++) {
    try {
      server.listen(address);
      await once(server, 'listening');
      return server;
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!taken || attempt > 3) throw error;
    }
    const holder = await holderAt(address);
    if (holder !== undefined)
      throw new Error(
        `Dispatcher already runs on the data folder ${path} (process ${holder}). Stop it first, or choose another folder with DISPATCHER_DATA_DIR.`,
      );
    // A socket file whose process is gone. On Linux there is no file.
    if (!address.startsWith('\0')) await rm(address, { force: true });
  }
}

/** On Linux a name in the abstract namespace, which leaves no file behind. */
function lockAddress(path: string): string {
  if (process.platform !== 'linux') return join(path, 'lock');
  return `\0dispatcher-${createHash('sha256').update(path).digest('hex')}`;
}

/** The id of the process that listens there. Undefined when there is none. */
async function holderAt(address: string): Promise<string | undefined> {
  try {
    return await text(connect(address));
  } catch {
    return undefined;
  }
}
