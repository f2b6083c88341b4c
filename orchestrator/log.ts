import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Logger, multistream, pino } from 'pino';
import { createStream } from 'rotating-file-stream';

/** A structured log; a line is one JSON object, with the task's id where there is a task. */
export type Log = Logger;

/** A log, and what ends it. */
export interface OpenLog extends AsyncDisposable {
  readonly log: Log;
}

/** Logs to a file of at most 10 MiB with five older ones beside it, and to `also` when given. A full disk costs lines, never the daemon. */
export function openLog(options: { readonly file: string; readonly level: string; readonly also?: NodeJS.WritableStream | undefined }): OpenLog {
  mkdirSync(path.dirname(options.file), { recursive: true });
  const file = createStream(path.basename(options.file), { path: path.dirname(options.file), size: '10M', maxFiles: 5 });
  file.on('error', () => undefined);
  const streams = [file, ...(options.also === undefined ? [] : [options.also])].map((stream) => ({ stream, level: 'trace' as const }));
  const redact = ['claimToken', '*.claimToken', 'claim_token', '*.claim_token', 'apiKey', '*.apiKey'];
  const log = pino({ level: options.level, base: null, redact, timestamp: pino.stdTimeFunctions.isoTime }, multistream(streams));
  return { log, [Symbol.asyncDispose]: () => new Promise((resolve) => file.end(resolve)) };
}
