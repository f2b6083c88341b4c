import type { DaemonContext } from '../daemon/context.ts';
import { LiveLines } from './live-lines.ts';
import { statusLines } from './status-lines.ts';
import { statusReport } from './status-report.ts';

const everyMs = 500;

/** Shows in a terminal what the daemon does, from now until it is disposed of. */
export function showLiveStatus(context: DaemonContext, member: string, out: NodeJS.WriteStream): Disposable {
  const live = new LiveLines(out);
  const draw = () => live.show(statusLines(statusReport(context, member), { columns: out.columns, hasKeyboard: true }));
  draw();
  const timer = setInterval(draw, everyMs);
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      draw();
    },
  };
}
