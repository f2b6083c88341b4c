import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** A command in its own terminal, like one that a person has started. */
export interface TestTerminal extends AsyncDisposable {
  /** The end of the output so far, as plain text with single spaces. */
  said(): string;
  /** Presses keys; Ctrl-C is `\u0003`. */
  press(keys: string): void;
  /** Resolves to the exit code. */
  readonly ended: Promise<number | null>;
}

/** Runs a command in the top folder of the repository, in a terminal of 24 lines and 80 columns. */
export function useTerminal(line: string, env: Readonly<Record<string, string>>): TestTerminal {
  const child = spawn('script', ['--quiet', '--return', '--command', `stty rows 24 cols 80; exec ${line}`, '/dev/null'], {
    cwd: path.join(import.meta.dirname, '../../..'),
    env: { ...env, TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let said = '';
  child.stdout.on('data', (chunk: unknown) => {
    said += String(chunk);
  });
  return {
    said: () => stripVTControlCharacters(said).replace(/\s+/g, ' ').slice(-2_000),
    press: (keys) => child.stdin.write(keys),
    ended: closed.then(() => child.exitCode),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
}
