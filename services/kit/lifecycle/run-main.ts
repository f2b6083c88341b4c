import { createShutdownSignal } from './shutdown-signal.ts';

/** Runs what a process is for until it is told to stop. What keeps it from running is said in plain words, and ends it with exit code 1. */
export async function runMain(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  try {
    await run(createShutdownSignal());
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
