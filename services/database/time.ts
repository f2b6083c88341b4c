import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { invalidField } from '@dispatcher/kit/serving/errors.ts';

/** The first and the last second that RFC 3339, and so JSON, can write. */
const firstSecond = -62_135_596_800n;
const lastSecond = 253_402_300_799n;

/**
 * The time that a field of a request gives, to the millisecond before it: PostgreSQL and JSON can both hold it. Fails
 * with `invalid_argument` when the time is in no year from 1 to 9999, or is no time at all.
 */
export function dateFromField(field: string, { seconds, nanos }: Pick<Timestamp, 'seconds' | 'nanos'>): Date {
  if (seconds < firstSecond || seconds > lastSecond) throw invalidField(field, 'must lie in the years 1 to 9999');
  if (nanos < 0 || nanos > 999_999_999) throw invalidField(field, 'must have 0 to 999999999 nanoseconds');
  return new Date(Number(seconds) * 1000 + Math.floor(nanos / 1e6));
}
