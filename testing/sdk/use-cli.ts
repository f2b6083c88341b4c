import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';

const main = join(import.meta.dirname, '../../sdk/cli/main.ts');

/** How a run of the CLI ended, and what it wrote. */
interface CliRun {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The CLI with an environment of its own. */
export interface TestCli {
  run(args: readonly string[], input?: string): Promise<CliRun>;
  /** The same without waiting for its end. */
  start(args: readonly string[]): { child: ChildProcess; ended: Promise<CliRun> };
  /** The same in a terminal of 80 columns, where both streams are one. What is typed is typed when a prompt (`: `) stands there. */
  runInTerminal(args: readonly string[], typed?: string): Promise<CliRun>;
}

/** Runs the CLI as its users do, as a process, with these variables and no others. */
export function useCli(variables: Readonly<Record<string, string>>): TestCli {
  const env = { PATH: `${join(process.execPath, '..')}:/usr/bin:/bin`, HOME: '/nonexistent', TERM: 'xterm', ...variables };
  const start = (command: string, args: readonly string[], input: string, prompt?: string) => {
    const child = spawn(command, args, { env, cwd: dirname(main), stdio: ['pipe', 'pipe', 'pipe'] });
    if (prompt === undefined) child.stdin.end(input);
    else child.stdout.on('data', (chunk: Buffer) => chunk.toString().endsWith(prompt) && child.stdin.end(input));
    const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
      ([[code], out, err]) => ({ code, out, err }) as CliRun,
    );
    return { child, ended };
  };
  const quoted = (args: readonly string[]) => args.map((arg) => `'${arg.replaceAll("'", String.raw`'\''`)}'`).join(' ');
  return {
    run: (args, input = '') => start(process.execPath, [main, ...args], input).ended,
    start: (args) => start(process.execPath, [main, ...args], ''),
    runInTerminal: (args, typed) => {
      const line = `stty cols 80; ${quoted([process.execPath, main, ...args])}`;
      return start('script', ['-qefc', line, '/dev/null'], typed ?? '', typed === undefined ? undefined : ': ').ended;
    },
  };
}
