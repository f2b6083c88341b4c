import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';

/** A structured log. A line is one JSON object, with its time as ISO 8601. */
export type Log = Logger;

/**
 * Creates a log that writes to standard error or to `to`, from `level` on. The value of a field with the name of a key
 * or a token is replaced by `[Redacted]`.
 */
export function createLog(level: string, to: DestinationStream = destination({ dest: 2, sync: false })): Log {
  const redact = ['authorization', '*.authorization', 'claim_token', '*.claim_token', 'key', '*.key'];
  return pino({ level, base: null, timestamp: stdTimeFunctions.isoTime, redact }, to);
}
