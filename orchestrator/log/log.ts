import { type Logger, multistream, pino } from 'pino';
import { LogFile } from './log-file.ts';

/** A structured log. Each line is a JSON object, with the task's id where it is about a task. */
export type Log = Logger;

/** Opens a log that writes to a rotated file, and also to `also` when that is given. */
export function openLog(options: { readonly file: string; readonly level: string; readonly also?: NodeJS.WritableStream | undefined }): Log {
  const streams = [new LogFile(options.file), ...(options.also === undefined ? [] : [options.also])].map((stream) => ({
    stream,
    level: 'trace' as const,
  }));
  const redact = ['claimToken', '*.claimToken', 'claim_token', '*.claim_token', 'apiKey', '*.apiKey'];
  return pino({ level: options.level, base: null, redact, timestamp: pino.stdTimeFunctions.isoTime }, multistream(streams));
}
