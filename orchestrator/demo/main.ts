import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createShutdownSignal } from '@dispatcher/kit/lifecycle/shutdown-signal.ts';
import { Recursiv } from '@recursiv/sdk';
import { z } from 'zod';
import { demoEnvironment } from './config.ts';
import { demoFunctions } from './functions.ts';
import { createSampleRepository, git, type SampleRepository } from './sample-repository.ts';
import { startProcess } from './start-process.ts';

/** It takes about a minute. After this time something is wrong. */
const limitMs = 240_000;

type Dispatcher = Recursiv['dispatcher'];

const say = (line: string) => process.stdout.write(`${line}\n`);

/**
 * Runs the demonstration: a dispatcher, a daemon, ten tasks and a scripted agent, all in one folder. Rejects when
 * `stop` is aborted.
 */
async function demonstrate(folder: string, stop: AbortSignal): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const over = new AbortController();
  stack.defer(() => over.abort());
  const stopped = new Promise<never>((_, reject) => stop.addEventListener('abort', () => reject(stop.reason), { once: true }));
  stopped.catch(() => undefined);
  const sample = createSampleRepository(folder);
  say(`A sample repository and its origin are in ${folder}.`);
  const dataDir = path.join(folder, 'data');
  const environment = demoEnvironment();
  const dispatcherProcess = stack.use(
    startProcess(
      path.join(import.meta.dirname, '../../deploy/local/main.ts'),
      { ...environment, DISPATCHER_DATA_DIR: dataDir, PORT: '0', GRPC_PORT: '0' },
      path.join(folder, 'dispatcher.log'),
    ),
  );
  const dispatcher = await Promise.race([connect(dataDir, over.signal), dispatcherProcess.ended, stopped]);
  for (const { name, what } of demoFunctions) {
    await dispatcher.create({ id: name.toLowerCase(), title: `Add ${name}()`, description: `A function that ${what}, with a test.`, rev: 5 });
  }
  say(`The dispatcher is running and has ${demoFunctions.length} tasks. A daemon with three agents begins.`);
  const watching = watch(dispatcher, over.signal);
  const daemon = stack.use(
    startProcess(
      path.join(import.meta.dirname, '../main.ts'),
      {
        ...environment,
        DISPATCHER_DATA_DIR: dataDir,
        XDG_STATE_HOME: path.join(folder, 'state'),
        WORKTREE_BASE_DIR: path.join(folder, 'agents'),
        ORCH_REPO_DIR: sample.repo,
        CLAUDE_CMD: `'${process.execPath}' '${path.join(import.meta.dirname, 'agent.ts')}'`,
      },
      path.join(folder, 'daemon.log'),
    ),
  );
  await Promise.race([watching, daemon.ended, dispatcherProcess.ended, stopped]);
  await daemon[Symbol.asyncDispose]();
  showResult(sample);
}

async function connect(dataDir: string, signal: AbortSignal): Promise<Dispatcher> {
  const file = path.join(dataDir, 'credentials.json');
  while (!existsSync(file)) await delay(50, undefined, { signal });
  const { url, api_key } = z.object({ url: z.string(), api_key: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8')));
  return new Recursiv({ baseUrl: `${url}/api/v1`, apiKey: api_key }).dispatcher;
}

/** Prints what happens to each task, until all are done. */
async function watch(dispatcher: Dispatcher, signal: AbortSignal): Promise<void> {
  const done = new AbortController();
  const finished = new Set<string>();
  for await (const item of dispatcher.stream({ after: 0 }, { signal: AbortSignal.any([done.signal, signal]) })) {
    if (!('task_id' in item)) continue;
    const who = item.actor === null ? '' : ` by ${item.actor}`;
    if (item.type !== 'task.created') say(`  ${item.task_id.padEnd(12)} ${item.type.replace('task.', '')}${who}`);
    if (item.type === 'task.completed') finished.add(item.task_id);
    if (finished.size === demoFunctions.length) done.abort();
  }
}

function showResult({ repo, origin }: SampleRepository): void {
  const log = git(origin, 'log', '--reverse', '--format=%h %s  (%an; %(trailers:key=Dispatcher-Task,separator=%x20))', 'main');
  say(`\nmain now has these commits, each verified on top of the one before:\n\n${log}`);
  const landed = Number(git(origin, 'rev-list', '--count', 'main')) - 1;
  const worktrees =
    git(repo, 'worktree', 'list', '--porcelain')
      .split('\n')
      .filter((line) => line.startsWith('worktree ')).length - 1;
  const branches = git(repo, 'for-each-ref', 'refs/heads/task')
    .split('\n')
    .filter((line) => line !== '').length;
  say(`${landed} of ${demoFunctions.length} tasks landed; ${worktrees} worktrees and ${branches} task branches are left.`);
  if (landed !== demoFunctions.length || worktrees + branches > 0) throw new Error('The demonstration did not end as expected.');
}

const help = `Shows Dispatcher at work: npm run demo. It makes a sample repository, creates
ten tasks, and lets a scripted agent do them. It needs no key, takes about a
minute, and removes everything at its end.`;

const { values } = parseArgs({ options: { help: { type: 'boolean', default: false } } });
if (values.help) {
  say(help);
  process.exit(0);
}

const folder = mkdtempSync(path.join(tmpdir(), 'dispatcher-demo-'));
const stop = createShutdownSignal();
const limit = AbortSignal.timeout(limitMs);
try {
  await demonstrate(folder, AbortSignal.any([stop, limit]));
  rmSync(folder, { recursive: true, force: true });
} catch (error) {
  if (stop.aborted) {
    rmSync(folder, { recursive: true, force: true });
    process.exitCode = 130;
  } else {
    const why = limit.aborted ? `The demonstration took over ${limitMs / 1_000} seconds.` : error instanceof Error ? error.message : String(error);
    process.stderr.write(`${why}\nThe logs are in ${folder}.\n`);
    process.exitCode = 1;
  }
}
