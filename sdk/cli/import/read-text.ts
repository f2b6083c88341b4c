import { createReadStream } from 'node:fs';
import { CliError, exitCodes } from '../exit-code.ts';

/** A larger file does not fit into memory well. */
const mostBytes = 64 * 1024 * 1024;

/** Reads a file as text, or standard input for `-`. */
export async function readText(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of path === '-' ? process.stdin : createReadStream(path)) {
      chunks.push(Buffer.from(chunk));
      bytes += chunk.length;
      if (bytes > mostBytes) throw new CliError(`${path} is larger than ${mostBytes / 1024 / 1024} MiB. Split it.`, exitCodes.usage);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    if (cause instanceof TypeError) throw new CliError(`${path} is not UTF-8 text.`, exitCodes.usage);
    throw new CliError(`${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`, exitCodes.usage);
  }
}
