import type { Printer } from './printer.ts';

/** A time for a person in a terminal, as `3 min ago` or `in 2 h`. Anything else reads the time itself. */
export function timeText(printer: Printer, time: string, now = Date.now()): string {
  if (printer.width === undefined) return time;
  const milliseconds = Date.parse(time) - now;
  const duration = durationText(Math.abs(milliseconds));
  if (duration === '0 s') return 'now';
  return milliseconds < 0 ? `${duration} ago` : `in ${duration}`;
}

/** How long ago a time was, for a narrow column. Anything but a terminal reads the time itself. */
export function ageText(printer: Printer, time: string, now = Date.now()): string {
  return printer.width === undefined ? time : durationText(Math.max(0, now - Date.parse(time)));
}

/** How long a lease lasts unless it is renewed, after a name: `for another 25 min`. */
export function leaseText(printer: Printer, expiresAt: string, now = Date.now()): string {
  return printer.width === undefined ? `until ${expiresAt}` : `for another ${durationText(Math.max(0, Date.parse(expiresAt) - now))}`;
}

/** A duration in one unit: `12 s`, `3 min`, `5 h`, `9 days`. */
export function durationText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

/** When an event happened, by the clock on the wall: with its date when that is not today. */
export function clockText(printer: Printer, time: string, now = new Date()): string {
  if (printer.width === undefined) return time;
  const at = new Date(time);
  const clock = at.toTimeString().slice(0, 8);
  return at.toDateString() === now.toDateString() ? clock : `${at.toLocaleDateString('sv')} ${clock}`;
}
