import type { Printer } from './printer.ts';

/** A time: in a terminal `3 min ago` or `in 2 h`, elsewhere as it is. */
export function timeText(printer: Printer, time: string, now = Date.now()): string {
  if (printer.width === undefined) return time;
  const milliseconds = Date.parse(time) - now;
  const duration = durationText(Math.abs(milliseconds));
  if (duration === '0 s') return 'now';
  return milliseconds < 0 ? `${duration} ago` : `in ${duration}`;
}

/** An age for a narrow column of a terminal. Elsewhere the time as it is. */
export function ageText(printer: Printer, time: string, now = Date.now()): string {
  return printer.width === undefined ? time : durationText(Math.max(0, now - Date.parse(time)));
}

/** How long a lease lasts if it is not renewed: in a terminal `for another 25 min`. */
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

/** The local time of an event in a terminal, with its date if that is not today. Elsewhere the time as it is. */
export function clockText(printer: Printer, time: string, now = new Date()): string {
  if (printer.width === undefined) return time;
  const at = new Date(time);
  const clock = at.toTimeString().slice(0, 8);
  return at.toDateString() === now.toDateString() ? clock : `${at.toLocaleDateString('sv')} ${clock}`;
}
