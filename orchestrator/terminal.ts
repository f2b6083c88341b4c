import { stripVTControlCharacters } from 'node:util';
import type { DaemonContext } from './context.ts';

const everyMs = 500;

/** Shows what the daemon does in a terminal, drawn over again twice a second, until it is disposed of. */
export function showInTerminal(context: DaemonContext, member: string, out: NodeJS.WriteStream): Disposable {
  let drawn = 0;
  const draw = () => {
    const lines = statusLines(context, member).map((line) => fit(line, out.columns));
    out.write(`${drawn === 0 ? '' : `\u001b[${drawn}A`}\u001b[J${lines.join('\n')}\n`);
    drawn = lines.length;
  };
  draw();
  const timer = setInterval(draw, everyMs);
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      draw();
    },
  };
}

/** The status in lines: the daemon first, then each run. */
function statusLines({ status, pause }: DaemonContext, member: string): string[] {
  const state =
    pause.current !== null
      ? `paused for ${duration(pause.current.remainingMs)}: ${pause.current.why}`
      : (status.blocked ?? `${status.runs.length} at work`);
  const head = `${member}  up ${duration(performance.now() - status.startedAt)}  ${status.finished} finished, ${status.released} given back  ${state}`;
  const runs = status.runs.map(
    (run) => `  ${run.task}  ${run.step} ${duration(performance.now() - run.since)}  ${run.title}${run.latest === '' ? '' : `  | ${run.latest}`}`,
  );
  return [head, ...runs, ...(status.lastFailure === null ? [] : [`  last given back: ${status.lastFailure}`])];
}

/** A line of the terminal's width, of which nothing can move the cursor. */
function fit(line: string, columns: number): string {
  const clean = stripVTControlCharacters(line).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
  return clean.slice(0, Math.max(20, (columns || 80) - 1));
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds}s`;
  return seconds < 3_600
    ? `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`
    : `${Math.floor(seconds / 3_600)}h${String(Math.floor((seconds % 3_600) / 60)).padStart(2, '0')}m`;
}
