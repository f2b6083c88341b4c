import { SettingsError } from '@dispatcher/kit/settings.ts';
import { AuthenticationError, AuthorizationError } from '@recursiv/sdk';
import { type Role, readOrchestratorSettings } from './config.ts';
import { defaultTimings } from './context.ts';
import { openDaemon, PreflightError } from './open-daemon.ts';
import { keepStatusFile } from './status-file.ts';
import { showInTerminal } from './terminal.ts';

/** Starts a daemon, or a merger, and runs it until the second signal at the latest. What keeps it from starting is said on standard error, with exit code 1. */
export async function runFromCommandLine(role: Role): Promise<void> {
  process.exitCode = await run(role).catch((error: unknown) => {
    process.stderr.write(`${words(error)}\n`);
    return 1;
  });
}

async function run(role: Role): Promise<number> {
  const isTerminal = process.stdout.isTTY === true;
  await using daemon = await openDaemon(readOrchestratorSettings(undefined, role), defaultTimings, isTerminal ? undefined : process.stdout);
  await using stack = new AsyncDisposableStack();
  const { context, member } = daemon;
  const drain = new AbortController();
  const interrupt = new AbortController();
  const onSignal = () => {
    if (drain.signal.aborted) interrupt.abort();
    context.log.info(
      interrupt.signal.aborted ? 'stopping: work in hand is given back' : 'no new work is begun; a second signal gives back what is in hand',
    );
    drain.abort();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  context.log.info(
    {
      role,
      member,
      repository: context.repository.dir,
      base: context.settings.baseBranch,
      containment: daemon.containment,
      state: context.state.runs,
    },
    'ready',
  );
  const ended = new AbortController();
  const statusFile = keepStatusFile(context, member, ended.signal);
  stack.defer(async () => {
    ended.abort();
    await statusFile;
  });
  if (isTerminal) stack.use(showInTerminal(context, member, process.stdout));
  await daemon.run({ drain: drain.signal, interrupt: interrupt.signal });
  return 0;
}

/** A fault of the surroundings is said in words; anything else with its trace. */
function words(error: unknown): string {
  const isExpected =
    error instanceof SettingsError || error instanceof PreflightError || error instanceof AuthenticationError || error instanceof AuthorizationError;
  if (isExpected) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
