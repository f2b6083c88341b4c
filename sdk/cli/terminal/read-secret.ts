import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CliError } from '../exit-code.ts';

/** Reads a secret: typed invisibly in a terminal, otherwise from standard input. */
export async function readSecret(prompt: string, signal: AbortSignal): Promise<string> {
  const secret = process.stdin.isTTY ? await typedUnseen(prompt, signal) : await text(process.stdin);
  if (secret.trim() === '') throw new CliError('No key was given.', 2);
  return secret.trim();
}

/** readline echoes to its output, so the output is thrown away. */
async function typedUnseen(prompt: string, signal: AbortSignal): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  // From here on the terminal does not echo what is typed.
  process.stderr.write(prompt);
  const closed = new AbortController();
  lines.once('SIGINT', () => lines.close());
  lines.once('close', () => closed.abort());
  try {
    return await lines.question('', { signal: AbortSignal.any([signal, closed.signal]) });
  } catch (error) {
    if (closed.signal.aborted || signal.aborted) return '';
    throw error;
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
