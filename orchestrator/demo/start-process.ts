import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/** A process of the demonstration. Disposing it stops it: SIGTERM first, and SIGKILL if that does not help. */
export interface DemoProcess extends AsyncDisposable {
  /** Rejects when it ends before it is disposed of. */
  readonly ended: Promise<never>;
}

/** Each of them stops sooner than this. */
const stopMs = 30_000;

/**
 * Starts a program of the repository with Node. Its output goes to a file. It has a process group of its own, so that
 * Ctrl-C does not reach it.
 */
export function startProcess(script: string, env: Readonly<Record<string, string | undefined>>, logFile: string): DemoProcess {
  const log = createWriteStream(logFile);
  const child = spawn(process.execPath, [script], { env: { ...env }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const closed = once(child, 'close');
  const ended = closed.then(([code]) => Promise.reject(new Error(`${script} ended with ${code}; its log is ${logFile}`)));
  ended.catch(() => undefined);
  return {
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
      await closed;
      clearTimeout(timer);
      log.end();
    },
  };
}
