import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machineInWords } from '@dispatcher/testing/faults/machine.ts';
import type { Figure } from './figure.ts';
import { measureManyReaders } from './many-readers.ts';
import { measureOldSnapshot } from './old-snapshot.ts';
import { measureRelay } from './relay-throughput.ts';
import { measureSseLatency } from './sse-latency.ts';
import { measureStats } from './stats-cost.ts';
import { measureWaitingCallers } from './waiting-callers.ts';

const measurements = {
  'sse-latency': measureSseLatency,
  'many-readers': measureManyReaders,
  'waiting-callers': measureWaitingCallers,
  relay: measureRelay,
  stats: measureStats,
  'old-snapshot': measureOldSnapshot,
};

const help = `Measures event streams, waiting callers, the relay and the counts.

  npm run bench:events -- [NAME ...] [--report]

  --report   writes docs/event-measurements.md

Names: ${Object.keys(measurements).join(', ')}`;

const { values, positionals } = parseArgs({
  options: { report: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  allowPositionals: true,
});
if (values.help) {
  console.log(help);
  process.exit(0);
}
const figures: Figure[] = [];
for (const [name, measure] of Object.entries(measurements)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  for (const figure of await measure()) {
    figures.push(figure);
    console.log(`${figure.what}: ${figure.measured} (${figure.promised ? `promised: ${figure.promised}; ` : ''}n = ${figure.n})`);
  }
}
if (values.report) await writeReport(figures);

async function writeReport(measured: readonly Figure[]): Promise<void> {
  const path = join(import.meta.dirname, '../../docs/event-measurements.md');
  const rows = measured.map(({ what, measured, promised, n }) => `| ${what} | ${measured} | ${promised} | ${n} |`);
  const text = `# Events, streams and waiting: what was measured

Written by \`npm run bench:events -- --report\`. One run each, all processes, the readers and the callers on one machine:
${machineInWords()}, ${new Date().toISOString().slice(0, 10)}.

| What | Measured | Promised | n |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, text);
}
