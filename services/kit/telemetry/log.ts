import { destination, type Logger, pino } from 'pino';

/** A structured log; a line is one JSON object. */
export type Log = Logger;

/** Logs to standard error from `level` on. Keys and tokens are cut out wherever they stand under their own name. */
export function createLog(level: string): Log {
  return pino(
    { level, base: null, redact: ['authorization', '*.authorization', 'claim_token', '*.claim_token', 'key', '*.key'] },
    destination({ dest: 2, sync: false }),
  );
}
