import { spawn } from 'node:child_process';
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import path from 'node:path';

/** A lock on a file. The kernel frees it when the process that holds it ends, even after `kill -9`. */
export interface FileLock extends AsyncDisposable {
  readonly file: FileHandle;
}

/** Takes the lock; null when another process holds it. */
export function tryLock(lockPath: string): Promise<FileLock | null> {
  return acquire(lockPath, ['--nonblock']);
}

/** Waits for the lock; null when the signal was aborted first. */
export async function waitForLock(lockPath: string, signal?: AbortSignal): Promise<FileLock | null> {
  return await acquire(lockPath, [], signal);
}

/**
 * `flock` locks the open file, which our descriptor and its copy in the child share. So the lock is still ours when the
 * child has ended, and no process has to stay alive for it.
 */
async function acquire(lockPath: string, options: readonly string[], signal?: AbortSignal): Promise<FileLock | null> {
  await mkdir(path.dirname(lockPath), { recursive: true });
  for (;;) {
    await using stack = new AsyncDisposableStack();
    const file = stack.use(await open(lockPath, 'a+', 0o600));
    if (!(await flock(file, options, signal))) return null;
    if (!(await isStillThere(file, lockPath))) continue;
    const owned = stack.move();
    return { file, [Symbol.asyncDispose]: () => owned.disposeAsync() };
  }
}

function flock(file: FileHandle, options: readonly string[], signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted) return Promise.resolve(false);
  return new Promise((resolve, reject) => {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'flock', '--exclusive', ...options, '3'], {
      stdio: ['ignore', 'ignore', 'ignore', file.fd],
      killSignal: 'SIGKILL',
    });
    const abort = () => child.kill('SIGKILL');
    signal?.addEventListener('abort', abort, { once: true });
    child.once('error', reject);
    child.once('exit', (code) => {
      signal?.removeEventListener('abort', abort);
      resolve(code === 0);
    });
  });
}

/** A file that was deleted in the meantime no longer locks anything: others make a new one. */
async function isStillThere(file: FileHandle, lockPath: string): Promise<boolean> {
  const [held, there] = await Promise.all([file.stat(), stat(lockPath).catch(() => null)]);
  return there !== null && held.ino === there.ino && held.dev === there.dev;
}
