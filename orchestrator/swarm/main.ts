import { SettingsError } from '@dispatcher/kit/settings/settings.ts';
import { settingsText } from '@dispatcher/kit/settings/usage.ts';
import { Command, CommanderError } from 'commander';
import { PreflightError } from '../daemon/preflight.ts';
import { readSwarmPlace, readSwarmSettings, swarmPlaceSettings, swarmSettings } from './config.ts';
import { SwarmStartError, startSwarm } from './start.ts';
import { jsonText, statusText, swarmStatus } from './status.ts';
import { SwarmStopError, stopSwarm } from './stop.ts';
import { openSwarmFolder, SwarmFolderError } from './swarm-folder.ts';

/** Exit codes, for scripts. */
const exitCodes = { error: 1, usage: 2, interrupted: 130 } as const;

/** `npm run orchestrator:swarm:start|status|stop`. */
function createProgram(): Command {
  const program = new Command('npm run orchestrator:swarm').description('Several daemons of the orchestrator on this machine.').exitOverride();
  program
    .command('start')
    .description('Start the members that are missing, and wait until they take tasks.')
    .addHelpText('after', settingsHelp(swarmSettings))
    .action(start);
  program
    .command('status')
    .description('Show what each member does.')
    .option('--json', 'print JSON, for scripts')
    .addHelpText('after', settingsHelp(swarmPlaceSettings))
    .action(status);
  program
    .command('stop [member...]')
    .description('Let members finish what they have, and end them; all of them when none is named.')
    .option('--now', 'give back what they have instead')
    .addHelpText('after', settingsHelp(swarmPlaceSettings))
    .action(stop);
  return program;
}

function settingsHelp(settings: Parameters<typeof settingsText>[0]): string {
  return `\nSettings come from the environment:\n\n${settingsText(settings)}`;
}

async function start(): Promise<void> {
  const settings = readSwarmSettings();
  await startSwarm(await openSwarmFolder(settings.dir), settings, say);
}

async function status({ json }: { readonly json?: true }): Promise<void> {
  const seen = await swarmStatus(await openSwarmFolder(readSwarmPlace().dir));
  say(json ? jsonText(seen) : statusText(seen, process.stdout.isTTY ? process.stdout.columns : undefined));
}

async function stop(names: readonly string[], { now }: { readonly now?: true }): Promise<void> {
  const { dir, stopMs } = readSwarmPlace();
  const leave = new AbortController();
  // Not `once`: under `npm run` one Ctrl-C arrives twice, and the second signal would end this without a message.
  process.on('SIGINT', () => leave.abort()).on('SIGTERM', () => leave.abort());
  try {
    await stopSwarm(await openSwarmFolder(dir), { names, drainMs: now ? 0 : stopMs, signal: leave.signal }, say);
  } catch (error) {
    if (!leave.signal.aborted) throw error;
    say('The members still finish what they have. To give it back now: npm run orchestrator:swarm:stop -- --now');
    process.exitCode = exitCodes.interrupted;
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/**
 * Says what is wrong, with a stack trace only for unexpected errors, and answers the exit code. Commander has already
 * printed its own.
 */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
  const isExpected = [SettingsError, PreflightError, SwarmFolderError, SwarmStartError, SwarmStopError].some((kind) => error instanceof kind);
  const words = error instanceof Error ? (isExpected ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`${words}\n`);
  return exitCodes.error;
}

// A pipe that the reader closed, as in `… status | head -1`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : exitCodes.error));
await createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    process.exitCode = report(error);
  });
