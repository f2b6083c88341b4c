import type { Event } from '@recursiv/sdk';
import type { Printer } from './printer.ts';
import { shortId } from './short-id.ts';
import { firstLine, oneLine } from './terminal-text.ts';
import { clockText, timeText } from './time-text.ts';

/** An event in one line. */
export function eventLine(printer: Printer, event: Event): string {
  const { id, title } = event.task;
  const parts = [
    printer.paint('dim', oneLine(clockText(printer, event.occurred_at))),
    oneLine(event.type).padEnd(14),
    oneLine(shortId(printer, id)),
    oneLine(title) + (event.actor === null ? '' : printer.paint('dim', ` by ${oneLine(event.actor)}`)),
  ];
  const why = [reasonText(event), pauseText(printer, event)].filter((text) => text !== '');
  return [...parts, ...(why.length === 0 ? [] : [why.join('; ')])].join('  ');
}

/**
 * Why a task was given back or is held, in one line: the reason and the first line of the notes. Empty when nobody
 * said.
 */
export function reasonText({ release_reason, notes }: { release_reason?: string | null; notes?: string | null }): string {
  return [release_reason, notes].flatMap((text) => (text === null || text === undefined || text === '' ? [] : [firstLine(text)])).join(': ');
}

function pauseText(printer: Printer, { available_at }: Event): string {
  if (available_at == null) return '';
  return `can be claimed again ${printer.width === undefined ? 'at ' : ''}${timeText(printer, available_at)}`;
}
