import { runFromCommandLine } from './daemon/run-from-command-line.ts';

await runFromCommandLine('merger');
