import type { DaemonContext } from '../daemon/context.ts';
import { fitLine, statusLines } from './status-lines.ts';
import { statusReport } from './status-report.ts';

const everyMs = 500;

/** Shows what the daemon does in a terminal, drawn over again twice a second, until it is disposed of. */
export function showInTerminal(context: DaemonContext, member: string, out: NodeJS.WriteStream): Disposable {
  let drawn = 0;
  const draw = () => {
    const lines = statusLines(statusReport(context, member)).map((line) => fitLine(line, out.columns));
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
