import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { invalidField } from '@dispatcher/kit/serving/errors.ts';

/** The first and the last second that RFC 3339, and so JSON, can represent. */
const firstSecond = -62_135_596_800n;
const lastSecond = 253_402_300_799n;

/**
 * The time of a field of a request, rounded down to the millisecond. PostgreSQL and JSON can both represent it. Fails
 * with `invalid_argument` when the time is outside the years 1 to 9999, or is not a valid time.
 */
export function dateFromField(field: string, { seconds, nanos }: Pick<Timestamp, 'seconds' | 'nanos'>): Date {
  if (seconds < firstSecond || seconds > lastSecond) throw invalidField(field, 'must lie in the years 1 to 9999');
  if (nanos < 0 || nanos > 999_999_999) throw invalidField(field, 'must have 0 to 999999999 nanoseconds');
  return new Date(Number(seconds) * 1000 + Math.floor(nanos / 1e6));
}
