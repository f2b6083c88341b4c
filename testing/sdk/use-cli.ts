import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';

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
  /** What it has written to standard output so far. */
  output(): string;
  type(text: string): void;
}

/** The CLI with an environment of its own. */
export interface TestCli {
  run(args: readonly string[], input?: string): Promise<CliRun>;
  /** The same without waiting for its end. */
  start(args: readonly string[]): StartedCli;
  /** The same in a terminal of 80 columns, where both streams are one. What is typed is typed when a prompt (`: `) stands there. */
  runInTerminal(args: readonly string[], typed?: string): Promise<CliRun>;
  /** In such a terminal, as most people start it: with `npm run`. */
  startWithNpm(args: readonly string[]): StartedCli;
}

/** Runs the CLI as its users do, as a process, with these variables and no others. */
export function useCli(variables: Readonly<Record<string, string>>): TestCli {
  const env = { PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`, HOME: '/nonexistent', TERM: 'xterm', ...variables };
  const start = (command: string, args: readonly string[]): StartedCli => {
    const child = spawn(command, args, { env, cwd: dirname(main), stdio: ['pipe', 'pipe', 'pipe'] });
    // A program that ended does not read what is typed.
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
