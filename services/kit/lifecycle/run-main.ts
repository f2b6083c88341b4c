import { helpAskedFor, type Usage, UsageError } from '../settings/usage.ts';
import { createShutdownSignal } from './shutdown-signal.ts';

/**
 * Runs what a server is for until it is told to stop. `--help` prints the usage instead.
 * What keeps it from running is said in plain words; it ends with 2 for a wrong command line, with 1 for the rest.
 */
export async function runMain(usage: Usage, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  await runCommand(usage, () => run(createShutdownSignal()));
  setTimeout(endAnyway, lingerMs).unref();
}

/** Everything was stopped, so the process ends by itself within this time. */
const lingerMs = 2_000;

/** A timer or socket that was forgotten is a fault of ours, and must not keep the process. */
function endAnyway(): void {
  process.stderr.write(`Stopped, but something still runs: ${process.getActiveResourcesInfo().join(', ')}.\n`);
  process.exit();
}

/** The same for a command that ends by itself, and that Ctrl-C ends at once. */
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
