/**
 * The time that `30m`, `12h`, `90d` or an ISO 8601 time stands for. Undefined when the text is not a time, or not in
 * the future.
 */
export function expiryFrom(text: string, now: Date): Date | undefined {
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  const at = count && unit ? now.getTime() + Number(count) * (unitMs[unit] ?? 0) : Date.parse(isoTime.test(text) ? text : '');
  return at > now.getTime() ? new Date(at) : undefined;
}

const unitMs: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A date, or a time with its zone. Without a zone, the time would depend on the machine. */
const isoTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;
