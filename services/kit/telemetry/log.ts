import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';
import { createLineLimit } from './line-limit.ts';

/** A structured log. A line is one JSON object, with its time as ISO 8601. */
export type Log = Logger;

/** The level from which lines are limited. `debug` and `trace` are for people who want every line. */
const limitedFrom = pino.levels.values.info ?? 30;

/**
 * Creates a log that writes to standard error or to `to`, from `level` on. The value of a field with the name of a key
 * or a token is replaced by `[Redacted]`. From `info` on there are at most 100 lines with the same message at once, and
 * then 10 a second, so that nobody can fill a disk with requests. The next line says how many were `left_out`.
 */
export function createLog(level: string, to: DestinationStream = destination({ dest: 2, sync: false })): Log {
  const redact = ['authorization', '*.authorization', 'claim_token', '*.claim_token', 'key', '*.key'];
  const leftOut = createLineLimit({ burst: 100, perSecond: 10 });
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      redact,
      hooks: {
        logMethod(args, method, lineLevel) {
          const [first, message] = args as unknown[];
          const missing = lineLevel < limitedFrom ? 0 : leftOut(String(message ?? first));
          if (missing === 0) method.apply(this, args);
          else if (missing !== undefined) method.call(this, { ...(typeof first === 'object' && first), left_out: missing }, String(message ?? first));
        },
      },
    },
    to,
  );
}
