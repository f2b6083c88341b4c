import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Role, readOrchestratorSettings } from '@dispatcher/orchestrator/config.ts';
import type { Timings } from '@dispatcher/orchestrator/daemon/context.ts';
import { type OpenDaemon, openDaemon } from '@dispatcher/orchestrator/daemon/open-daemon.ts';
import { Recursiv, type Task } from '@recursiv/sdk';
import { patience } from '../../harness/patience.ts';
import type { TestServices } from '../../harness/use-services.ts';
import { inherited } from './config.ts';
import { testTimings } from './timings.ts';
import { type TestRepository, useRepository } from './use-repository.ts';

/** What a daemon works on: a dispatcher, a repository with its origin, and a client of the site's own organization. */
export interface Site extends AsyncDisposable {
  readonly repository: TestRepository;
  readonly dispatcher: Recursiv['dispatcher'];
  readonly services: TestServices;
  /** The environment of a daemon of this site. */
  readonly env: Record<string, string>;
  /** Creates a task whose agent runs these shell lines. */
  task(id: string, script: string, title?: string): Promise<Task>;
  /** The branch of each agent that was started, in order. */
  starts(): string[];
  /** Waits until the task meets the condition, and answers it. */
  until(id: string, wanted: (task: Task) => boolean): Promise<Task>;
}

/** A daemon in the test's own process. Disposing it makes it release its tasks, and waits for its end. */
export interface RunningDaemon extends AsyncDisposable {
  readonly daemon: OpenDaemon;
  /** Lets it finish its current work. */
  drain(): Promise<void>;
}

const agentScript = path.join(import.meta.dirname, 'scripted-agent.sh');

/** Creates a site. One dispatcher may serve several sites, each with its own organization. */
export async function useSite(services: TestServices, organization: string, baseFiles?: Record<string, string>): Promise<Site> {
  const repository = await useRepository(baseFiles);
  const apiKey = await services.createKey(organization);
  const { dispatcher } = new Recursiv({ apiKey, baseUrl: `${services.url}/api/v1` });
  const startsFile = path.join(repository.folder, 'starts.log');
  return {
    repository,
    dispatcher,
    services,
    env: {
      ...inherited(),
      DISPATCHER_URL: `${services.url}/api/v1/dispatcher`,
      DISPATCHER_API_KEY: apiKey,
      XDG_STATE_HOME: path.join(repository.folder, 'state'),
      WORKTREE_BASE_DIR: repository.worktreeBaseDir,
      ORCH_REPO_DIR: repository.repo,
      ORCH_VERIFY_CMD: repository.verifyCommand,
      CLAUDE_CMD: `sh '${agentScript}'`,
      CLAUDE_ARGS: `'${startsFile}'`,
      LOG_LEVEL: 'debug',
      MAX_AGENTS: '1',
    },
    task: async (id, script, title = `Do ${id}`) => (await dispatcher.create({ id, title, description: `Do it.\n#!sh\n${script}` })).data,
    starts: () =>
      existsSync(startsFile)
        ? readFileSync(startsFile, 'utf8')
            .split('\n')
            .filter((line) => line !== '')
        : [],
    until: (id, wanted) => until(async () => (await dispatcher.get(id)).data, wanted),
    [Symbol.asyncDispose]: () => repository[Symbol.asyncDispose](),
  };
}

/** Starts a daemon on a site. */
export async function useDaemon(
  site: Site,
  env: Readonly<Record<string, string>> = {},
  timings: Partial<Timings> = {},
  role: Role = 'daemon',
): Promise<RunningDaemon> {
  const daemon = await openDaemon(readOrchestratorSettings({ ...site.env, ...env }, role), { ...testTimings, ...timings });
  const drain = new AbortController();
  const interrupt = new AbortController();
  const running = daemon.run({ drain: drain.signal, interrupt: interrupt.signal });
  running.catch(() => undefined);
  return {
    daemon,
    drain: async () => {
      drain.abort();
      await running;
    },
    [Symbol.asyncDispose]: async () => {
      interrupt.abort();
      await running.catch(() => undefined);
      await daemon[Symbol.asyncDispose]();
    },
  };
}

/** Starts a merger on a site. */
export async function useMerger(site: Site, env: Readonly<Record<string, string>> = {}, timings: Partial<Timings> = {}): Promise<RunningDaemon> {
  return await useDaemon(site, env, timings, 'merger');
}

/**
 * Looks again and again until the condition is met. After the time limit it throws an error with the last value it saw.
 */
export async function until<T>(look: () => Promise<T> | T, wanted: (seen: T) => boolean, limitMs = 30_000): Promise<T> {
  for (let spentMs = 0; ; ) {
    const start = performance.now();
    const seen = await look();
    if (wanted(seen)) return seen;
    if (spentMs > limitMs) throw new Error(`The condition was not met in ${limitMs} ms; last seen: ${JSON.stringify(seen, null, 2)}`);
    await delay(25);
    spentMs += (performance.now() - start) / patience();
  }
}
