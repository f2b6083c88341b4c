import { runFromCommandLine } from './run-from-command-line.ts';

await runFromCommandLine('daemon');
