#!/usr/bin/env node
import { createStopSignal } from '@recursiv/sdk/node';
import { readEnvironment } from './config.ts';
import { exitCodeOf, reportFailure } from './exit-code.ts';
import { createProgram } from './program.ts';
import { createPrinter } from './terminal/printer.ts';

const readerLeft = new AbortController();
let stop: AbortSignal | undefined;
/** Made for the commands that have something to end. Every other command is ended by a signal at once. */
const stopSignal = () => {
  stop ??= AbortSignal.any([createStopSignal(), readerLeft.signal]);
  return stop;
};

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (stop) return readerLeft.abort(new Error('Nobody reads the output any more.'));
  // A reader that left, as in `dispatcher tasks | head -1`, is not an error.
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});
// When the terminal is closed, a task in hand must still be given back.
process.stderr.on('error', () => undefined);

const environment = readEnvironment();
const printer = createPrinter(process.stdout, process.stderr);
try {
  await createProgram({ environment, printer, stopSignal }).parseAsync();
} catch (error) {
  reportFailure(error, printer, environment.command);
  process.exitCode = exitCodeOf(error);
}
