import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import type { StatusReport } from './status-report.ts';

/** A daemon's report for people: the daemon first, then each run. */
export function statusLines(report: StatusReport): string[] {
  const { member, finished, released, last_failure } = report;
  const head = `${member}  up ${duration(report.uptime_seconds)}  ${finished} finished, ${released} given back  ${nowOf(report)}`;
  const runs = report.runs.map(
    ({ task, step, seconds, title, latest }) => `  ${task}  ${step} ${duration(seconds)}  ${title}${latest === '' ? '' : `  | ${latest}`}`,
  );
  return [head, ...runs, ...(last_failure === null ? [] : [`  last given back: ${last_failure}`])];
}

function nowOf({ state, paused, blocked, runs }: StatusReport): string {
  if (state !== 'running') return `${state}, ${runs.length} at work`;
  if (paused !== null) return `paused for ${duration(paused.seconds)}: ${paused.why}`;
  return blocked ?? `${runs.length} at work`;
}

/** Foreign text as one line of which nothing can move the cursor, cut to the terminal's width where there is one. */
export function fitLine(line: string, columns?: number): string {
  const clean = stripVTControlCharacters(line).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
  if (columns === undefined) return clean;
  const most = Math.max(20, (columns || 80) - 1);
  let fitting = '';
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(clean)) {
    width += stringWidth(segment);
    if (width > most) break;
    fitting += segment;
  }
  return fitting;
}

/** A length of time as people read it. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  return seconds < 3_600
    ? `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`
    : `${Math.floor(seconds / 3_600)}h${String(Math.floor((seconds % 3_600) / 60)).padStart(2, '0')}m`;
}
