import { helpAskedFor, type Usage, UsageError } from '../settings/usage.ts';
import { createShutdownSignal } from './shutdown-signal.ts';

/**
 * Runs a server until a signal stops it. `--help` prints the usage instead. An error is printed without a stack trace.
 * The exit code is 2 for a wrong command line and 1 for every other error.
 */
export async function runMain(usage: Usage, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  await runCommand(usage, () => run(createShutdownSignal()));
  setTimeout(endAnyway, lingerMs).unref();
}

/** After everything was stopped, the process ends by itself within this time. */
const lingerMs = 2_000;

/** Ends the process even if a timer or a socket was not closed. That is a defect, and must not keep the process. */
function endAnyway(): void {
  process.stderr.write(`Stopped, but something still runs: ${process.getActiveResourcesInfo().join(', ')}.\n`);
  process.exit();
}

/** The same for a command that ends by itself. Ctrl-C ends it at once. */
export async function runCommand(usage: Usage, run: () => Promise<void>): Promise<void> {
  try {
    const help = helpAskedFor(usage, process.argv.slice(2));
    if (help === undefined) await run();
    else process.stdout.write(help);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
