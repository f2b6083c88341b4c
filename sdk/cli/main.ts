#!/usr/bin/env node
import { readEnvironment } from './config.ts';
import { exitCodeOf, reportFailure } from './exit-code.ts';
import { createProgram } from './program.ts';
import { createPrinter } from './terminal/printer.ts';

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(name));
// A reader that went away, as in `dispatcher tasks | head -1`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const printer = createPrinter(process.stdout, process.stderr);
try {
  await createProgram({ environment: readEnvironment(), printer, signal: stop.signal }).parseAsync();
} catch (error) {
  reportFailure(error, printer);
  process.exitCode = exitCodeOf(error);
}
