import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { type SwarmStatus, swarmStatus } from '@dispatcher/orchestrator/swarm/status.ts';
import { openSwarmFolder } from '@dispatcher/orchestrator/swarm/swarm-folder.ts';
import type { Site } from './use-daemon.ts';

/** The exit code of a command, and its output. */
interface SwarmRun {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The swarm commands for a site. Each runs as its own process. */
export interface TestSwarm extends AsyncDisposable {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<SwarmRun>;
  /** Starts a command and does not wait for its end. `said` answers its output so far. */
  begin(args: readonly string[]): {
    readonly pid: number;
    said(): string;
    signal(name: NodeJS.Signals): void;
    readonly ended: Promise<number | null>;
  };
  /** What `status --json` prints. */
  status(): Promise<SwarmStatus>;
}

/** Prepares a site without starting a command. Disposing it makes the members release their tasks, and stops them. */
export function useSwarm(site: Site, variables: Readonly<Record<string, string>> = {}): TestSwarm {
  const dir = path.join(site.repository.folder, 'swarm');
  const env = { ...site.env, ORCH_SWARM_DIR: dir, ...variables };
  const start = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    spawn(process.execPath, [path.join(import.meta.dirname, '../../../orchestrator/swarm/main.ts'), ...args], {
      env: { ...env, ...more },
      cwd: site.repository.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const run: TestSwarm['run'] = async (args, more) => {
    const child = start(args, more);
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { code: child.exitCode, out, err };
  };
  return {
    dir,
    env,
    run,
    begin: (args) => {
      const child = start(args);
      let said = '';
      child.stdout.on('data', (chunk: unknown) => {
        said += String(chunk);
      });
      return {
        pid: child.pid ?? 0,
        said: () => said,
        signal: (name) => void child.kill(name),
        ended: once(child, 'close').then(() => child.exitCode),
      };
    },
    status: async () => await swarmStatus(await openSwarmFolder(dir)),
    [Symbol.asyncDispose]: async () => {
      await run(['stop', '--now']);
    },
  };
}
