import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CliError } from './exit-code.ts';

/** A secret, typed unseen in a terminal or else read from standard input. */
export async function readSecret(prompt: string, signal: AbortSignal): Promise<string> {
  const secret = process.stdin.isTTY ? await typedUnseen(prompt, signal) : await text(process.stdin);
  if (secret.trim() === '') throw new CliError('No key was given.', 2);
  return secret.trim();
}

/** readline echoes to its output; this one swallows it. */
async function typedUnseen(prompt: string, signal: AbortSignal): Promise<string> {
  process.stderr.write(prompt);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    lines.once('SIGINT', () => lines.close());
    lines.once('close', () => process.stderr.write('\n'));
    return await lines.question('', { signal });
  } finally {
    lines.close();
  }
}
