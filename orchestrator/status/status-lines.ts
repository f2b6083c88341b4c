import stringWidth from 'string-width';
import { plainLine, shortened, wrapped } from './fit-text.ts';
import type { StatusReport } from './status-report.ts';

/** How a report is shown. */
export interface StatusLook {
  /** The width of the terminal; undefined where there is none. */
  readonly columns?: number | undefined;
  /** Added to the first line, for example the process id. */
  readonly besides?: string;
  /** Whether Ctrl-C reaches the daemon from here. */
  readonly hasKeyboard?: boolean;
}

/**
 * A daemon's report for people: the daemon first, then each run, then the last failure. No line is wider than the
 * terminal.
 */
export function statusLines(report: StatusReport, { columns, besides = '', hasKeyboard = false }: StatusLook): string[] {
  const { member, finished, released, last_failure } = report;
  const counts = `up ${duration(report.uptime_seconds)}  ${finished} finished, ${released} given back`;
  const head = `${member}  ${nowOf(report, hasKeyboard)}  ${counts}${besides}`;
  const failure = last_failure === null ? [] : wrapped(plainLine(`  last given back: ${last_failure}`), columns);
  return [...wrapped(plainLine(head), columns), ...report.runs.map((run) => runLine(run, columns)), ...failure];
}

function nowOf({ state, paused, blocked, runs, max_agents }: StatusReport, hasKeyboard: boolean): string {
  const [tasks, them] = runs.length === 1 ? ['1 task', 'it'] : [`${runs.length} tasks`, 'them'];
  if (state === 'starting') return 'starting';
  if (state !== 'running' && runs.length === 0) return 'stopping';
  if (state === 'draining') return `finishing ${tasks}${hasKeyboard && runs.length > 0 ? `; press Ctrl-C again to give ${them} back` : ''}`;
  if (state === 'stopping') return `giving back ${tasks}`;
  if (paused !== null) return `paused for ${duration(paused.seconds)}, until ${timeOf(paused.until)}: ${paused.why}`;
  return blocked ?? `${runs.length} of ${max_agents} at work`;
}

/** The local time of day. */
function timeOf(moment: string): string {
  return new Date(moment).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}

/** When a line is too long, the title is shortened first, down to half of the room. */
function runLine({ task, step, seconds, title, latest }: StatusReport['runs'][number], columns: number | undefined): string {
  const begin = plainLine(`  ${task}  ${step} ${duration(seconds)}  `);
  const end = latest === '' ? '' : plainLine(`  | ${latest}`);
  if (columns === undefined) return `${begin}${plainLine(title)}${end}`;
  const room = (columns || 80) - stringWidth(begin);
  const titleRoom = Math.max(room - stringWidth(end), Math.floor(room / 2));
  return shortened(`${begin}${shortened(plainLine(title), titleRoom)}${end}`, columns);
}

/** A length of time as people read it. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  return seconds < 3_600
    ? `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`
    : `${Math.floor(seconds / 3_600)}h${String(Math.floor((seconds % 3_600) / 60)).padStart(2, '0')}m`;
}
