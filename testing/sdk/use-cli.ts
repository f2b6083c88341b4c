import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { compileCache } from '../harness/config.ts';

const root = join(import.meta.dirname, '../..');
const main = join(root, 'sdk/cli/main.ts');

/** How a run of the CLI ended, and what it wrote. */
interface CliRun {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A run of the CLI that is still going on. */
interface StartedCli {
  readonly child: ChildProcess;
  readonly ended: Promise<CliRun>;
  /** What it has written to standard output until now. */
  output(): string;
  type(text: string): void;
}

/** The CLI with its own environment. */
export interface TestCli {
  run(args: readonly string[], input?: string): Promise<CliRun>;
  /** Starts it and does not wait for its end. */
  start(args: readonly string[]): StartedCli;
  /**
   * Runs it in a terminal of 80 columns, where both streams are one. `typed` is typed when a prompt (`: `) is shown.
   */
  runInTerminal(args: readonly string[], typed?: string): Promise<CliRun>;
  /** Starts it in such a terminal with `npm run`, as most people do. */
  startWithNpm(args: readonly string[]): StartedCli;
}

/** Runs the CLI as users do, as a process, with only these environment variables. */
export function useCli(variables: Readonly<Record<string, string>>): TestCli {
  const path = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;
  const env = { ...compileCache(), PATH: path, HOME: '/nonexistent', TERM: 'xterm', ...variables };
  const start = (command: string, args: readonly string[]): StartedCli => {
    const child = spawn(command, args, { env, cwd: dirname(main), stdio: ['pipe', 'pipe', 'pipe'] });
    // Typing fails after the program has ended.
    child.stdin.on('error', () => undefined);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
      ([[code], out, err]) => ({ code, out, err }) as CliRun,
    );
    return { child, ended, output: () => output, type: (typed) => void child.stdin.write(typed) };
  };
  const startInTerminal = (command: readonly string[]) =>
    start('script', ['-qefc', `stty cols 80; exec ${command.map(quoted).join(' ')}`, '/dev/null']);
  return {
    run: (args, input = '') => {
      const { child, ended } = start(process.execPath, [main, ...args]);
      child.stdin?.end(input);
      return ended;
    },
    start: (args) => start(process.execPath, [main, ...args]),
    runInTerminal: (args, typed) => {
      const { child, ended } = startInTerminal([process.execPath, main, ...args]);
      if (typed === undefined) child.stdin?.end();
      else child.stdout?.on('data', (chunk: Buffer) => chunk.toString().endsWith(': ') && child.stdin?.end(typed));
      return ended;
    },
    startWithNpm: (args) => startInTerminal(['npm', 'run', '--silent', '--prefix', root, 'dispatcher', '--', ...args]),
  };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
