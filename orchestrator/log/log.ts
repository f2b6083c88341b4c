import { type Logger, multistream, pino } from 'pino';
import { LogFile } from './log-file.ts';

/** A structured log; a line is one JSON object, with the task's id where there is a task. */
export type Log = Logger;

/** Logs to a file that is rotated, and to `also` when given. */
export function openLog(options: { readonly file: string; readonly level: string; readonly also?: NodeJS.WritableStream | undefined }): Log {
  const streams = [new LogFile(options.file), ...(options.also === undefined ? [] : [options.also])].map((stream) => ({
    stream,
    level: 'trace' as const,
  }));
  const redact = ['claimToken', '*.claimToken', 'claim_token', '*.claim_token', 'apiKey', '*.apiKey'];
  return pino({ level: options.level, base: null, redact, timestamp: pino.stdTimeFunctions.isoTime }, multistream(streams));
}
