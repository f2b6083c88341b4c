import { SettingsError } from '@dispatcher/kit/settings/settings.ts';
import { helpAskedFor, type Usage, UsageError } from '@dispatcher/kit/settings/usage.ts';
import { AuthenticationError, AuthorizationError } from '@recursiv/sdk';
import { daemonSettings, mergerSettings, type Role, readOrchestratorSettings } from '../config.ts';
import { plainLine } from '../status/fit-text.ts';
import { showLiveStatus } from '../status/live-status.ts';
import { keepStatusFile } from '../status/status-file.ts';
import { defaultTimings } from './context.ts';
import { type DaemonOutput, openDaemon } from './open-daemon.ts';
import { PreflightError } from './preflight.ts';
import { startSummary, summaryLines } from './start-summary.ts';
import { stopAsAsked, stopInTwoSteps } from './stop-signals.ts';

/** What `--help` shows. */
const usages: Readonly<Record<Role, Usage>> = {
  daemon: {
    command: 'npm run orchestrator',
    about:
      'Takes tasks from the dispatcher, has an agent work on each, verifies the work,\nand merges it into the base branch of the repository that ORCH_REPO_DIR names.',
    settings: daemonSettings,
  },
  merger: {
    command: 'npm run orchestrator:merger',
    about: 'Verifies and merges what daemons with MERGE_ENABLED=false have built, in the repository that ORCH_REPO_DIR names.\nIt needs no agent.',
    settings: mergerSettings,
  },
};

/**
 * Starts a daemon, or a merger, and runs it until it is told to stop. A fault at the start is printed on standard
 * error, with exit code 2 for a wrong command line and 1 for everything else. `place` is given by a swarm, whose
 * members read no arguments.
 */
export async function runFromCommandLine(role: Role, place?: DaemonOutput['place']): Promise<void> {
  try {
    const help = place === undefined ? helpAskedFor(usages[role], process.argv.slice(2)) : undefined;
    if (help === undefined) await run(role, place);
    else process.stdout.write(help);
  } catch (error) {
    process.stderr.write(`${words(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

async function run(role: Role, place: DaemonOutput['place']): Promise<void> {
  const isTerminal = process.stdout.isTTY === true;
  const alsoLogTo = isTerminal || place !== undefined ? undefined : process.stdout;
  await using daemon = await openDaemon(readOrchestratorSettings(undefined, role), defaultTimings, { alsoLogTo, place });
  await using stack = new AsyncDisposableStack();
  const { context, member } = daemon;
  const stop = place === undefined ? stopInTwoSteps(context) : stopAsAsked(context);
  const summary = startSummary(context.settings, context.repository);
  const { containment, logFile } = daemon;
  context.log.info({ role, member, ...summary, base: context.settings.baseBranch, containment, state: context.state.runs }, 'ready');
  const introduction = [member, ...summaryLines({ ...summary, log: logFile }), howToStop, ''];
  if (isTerminal) process.stdout.write(introduction.map((line) => `${plainLine(line)}\n`).join(''));
  const ended = new AbortController();
  const statusFile = keepStatusFile(context, member, daemon.statusFile, ended.signal);
  stack.defer(async () => {
    ended.abort();
    await statusFile;
  });
  if (isTerminal) stack.use(showLiveStatus(context, member, process.stdout));
  await daemon.run(stop);
}

const howToStop = 'Ctrl-C lets it finish what it has in hand. A second Ctrl-C gives that back.';

/** The message of an expected error, and the stack trace of any other. */
function words(error: unknown): string {
  const expected = [UsageError, SettingsError, PreflightError, AuthenticationError, AuthorizationError];
  if (error instanceof Error && expected.some((kind) => error instanceof kind)) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
