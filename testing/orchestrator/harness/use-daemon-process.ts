import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Role } from '@dispatcher/orchestrator/config.ts';
import type { RunRecord } from '@dispatcher/orchestrator/record/record.ts';
import type { Site } from './use-daemon.ts';

/** A daemon in its own process. */
export interface DaemonProcess extends AsyncDisposable {
  /** Kills the daemon and everything it started, as a power cut would. */
  kill(): Promise<void>;
  /** Lets it finish its current work, and answers its exit code. */
  drain(): Promise<number | null>;
  /** The text of its log so far. */
  said(): string;
}

/** Starts a daemon, and waits until it takes tasks. */
export async function useDaemonProcess(site: Site, env: Readonly<Record<string, string>> = {}, role: Role = 'daemon'): Promise<DaemonProcess> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'daemon-process.ts'), role], {
    env: { ...site.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  for (const output of [child.stdout, child.stderr]) output.on('data', (chunk: unknown) => said.push(String(chunk)));
  const closed = once(child, 'close');
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    closed.then(() => reject(new Error(`The daemon ended: ${said.join('')}`)), reject);
  });
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
    },
    drain: async () => {
      child.kill('SIGTERM');
      await closed;
      return child.exitCode;
    },
    said: () => said.join(''),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

/** The state folder of the site's repository. */
export function stateOf(site: Site): string {
  const repositories = path.join(site.env.XDG_STATE_HOME ?? '', 'dispatcher/orchestrator/repositories');
  return path.join(repositories, readdirSync(repositories)[0] ?? '');
}

/** The records of the runs on disk. */
export function recordsOf(site: Site): RunRecord[] {
  const runs = path.join(stateOf(site), 'runs');
  return readdirSync(runs).flatMap((name) => {
    try {
      return [JSON.parse(readFileSync(path.join(runs, name, 'state.json'), 'utf8')) as RunRecord];
    } catch {
      return [];
    }
  });
}
