#!/usr/bin/env node
import { createStopSignal } from '@recursiv/sdk/node';
import { readEnvironment } from './config.ts';
import { exitCodeOf, reportFailure } from './exit-code.ts';
import { createProgram } from './program.ts';
import { createPrinter } from './terminal/printer.ts';

const readerLeft = new AbortController();
let stop: AbortSignal | undefined;
/** Made only for commands that must end something first. A signal ends every other command at once. */
const stopSignal = () => {
  stop ??= AbortSignal.any([createStopSignal(), readerLeft.signal]);
  return stop;
};

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (stop) return readerLeft.abort(new Error('Nobody reads the output any more.'));
  // It is not an error when the reader ends first, as in `dispatcher tasks | head -1`.
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});
// A claimed task must be given back also after the terminal was closed.
process.stderr.on('error', () => undefined);

const environment = readEnvironment();
const printer = createPrinter(process.stdout, process.stderr);
try {
  await createProgram({ environment, printer, stopSignal }).parseAsync();
} catch (error) {
  reportFailure(error, printer, environment.command);
  process.exitCode = exitCodeOf(error);
}
