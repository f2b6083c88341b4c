import { SettingsError } from '@dispatcher/kit/settings/settings.ts';
import { AuthenticationError, AuthorizationError } from '@recursiv/sdk';
import { type Role, readOrchestratorSettings } from '../config.ts';
import { plainLine } from '../status/fit-text.ts';
import { showLiveStatus } from '../status/live-status.ts';
import { keepStatusFile } from '../status/status-file.ts';
import { defaultTimings } from './context.ts';
import { type DaemonOutput, openDaemon } from './open-daemon.ts';
import { PreflightError } from './preflight.ts';
import { startSummary, summaryLines } from './start-summary.ts';
import { stopAsAsked, stopInTwoSteps } from './stop-signals.ts';

/** Starts a daemon, or a merger, and runs it until it is told to stop. What keeps it from starting is said on standard error, with exit code 1. */
export async function runFromCommandLine(role: Role, place?: DaemonOutput['place']): Promise<void> {
  process.exitCode = await run(role, place).catch((error: unknown) => {
    process.stderr.write(`${words(error)}\n`);
    return 1;
  });
}

async function run(role: Role, place: DaemonOutput['place']): Promise<number> {
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
  return 0;
}

const howToStop = 'Ctrl-C lets it finish what it has in hand. A second Ctrl-C gives that back.';

/** A fault of the surroundings is said in words; anything else with its trace. */
function words(error: unknown): string {
  const isExpected =
    error instanceof SettingsError || error instanceof PreflightError || error instanceof AuthenticationError || error instanceof AuthorizationError;
  if (isExpected) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
