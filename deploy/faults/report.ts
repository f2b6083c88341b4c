import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { machineInWords } from './machine.ts';
import type { SeedResult } from './run-seed.ts';
import { sometimesNames } from './sometimes.ts';
import { largest, lineOf } from './summary.ts';

const path = join(import.meta.dirname, '../../docs/faults.md');

/** Writes what the runs came to into `docs/faults.md`. */
export async function writeReport(results: readonly SeedResult[]): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, reportOf(results));
}

function reportOf(results: readonly SeedResult[]): string {
  const violations = results.flatMap(({ seed, violations }) => violations.map((violation) => `seed ${seed}: ${violation}`));
  const minutes = results.reduce((sum, { seconds }) => sum + seconds, 0) / 60;
  return `# What the system kept while it was broken

Written by \`pnpm faults --report\`; \`pnpm faults --seed N\` runs one again. A run starts the whole system as real processes, puts 32 workers and 6 stream
readers on it (one never reads), kills and stops parts of it in an order that the seed decides, lets it come to rest, and then holds everything that was
answered and streamed against the event log. What is checked, and how, is in \`deploy/faults/check\`. A run in which a fault never bit counts as failed.

The shortest lease is 30 s, so besides leases that run out by themselves some are ended early by SQL, at any moment of their holder's work.

- **Runs**: ${results.length} seeds (${results.map(({ seed }) => seed).join(', ')}), ${minutes.toFixed(0)} minutes, ${new Date().toISOString().slice(0, 10)}
- **Machine**: ${machineInWords()}
- **Violations**: ${violations.length}
${violations.map((violation) => `  - ${violation}\n`).join('')}
## Requests

${table(['Request', 'Made', 'Succeeded', 'Refused', 'Nothing there', 'No clear answer'], requestRows(results))}

${sentence(results)}

## Faults

${table(['Fault', 'Times', 'Longest until all was up again'], faultRows(results))}

Leases ended by SQL: ${total(results, ({ history }) => history.expiries.length)}. After PostgreSQL took connections again the API answered within
${recovery(results)} ms at the latest.

## What happened sometimes

${table(
  ['', 'In all', 'Runs'],
  sometimesNames.map((name) => [
    name,
    String(total(results, ({ sometimes }) => sometimes[name])),
    String(results.filter(({ sometimes }) => sometimes[name] > 0).length),
  ]),
)}

## Seeds

${results.map((result) => `- ${lineOf(result)}`).join('\n')}
`;
}

function faultRows(results: readonly SeedResult[]): string[][] {
  const byName = Map.groupBy(
    results.flatMap(({ history }) => history.faults),
    ({ name }) => name,
  );
  return [...byName].map(([name, faults]) => [
    name,
    String(faults.length),
    `${(largest(faults.map(({ from, to }) => to - from)) / 1000).toFixed(1)} s`,
  ]);
}

function requestRows(results: readonly SeedResult[]): string[][] {
  const byKind = Map.groupBy(
    results.flatMap(({ history }) => history.operations),
    ({ kind }) => kind,
  );
  return [...byKind].map(([kind, operations]) => {
    const of = (outcome: string) => String(operations.filter((operation) => operation.outcome === outcome).length);
    return [kind, String(operations.length), of('succeeded'), of('refused'), of('nothing'), of('unknown')];
  });
}

function sentence(results: readonly SeedResult[]): string {
  const attempts = results.flatMap(({ history }) => history.operations.flatMap((operation) => operation.attempts));
  const lost = attempts.filter(({ status }) => status === null).length;
  const away = attempts.filter(({ status }) => status === 503).length;
  const frames = total(results, ({ history }) => history.streams.reduce((sum, { frames }) => sum + frames.length, 0));
  const events = total(results, (result) => result.events);
  return `Sent ${attempts.length} times: ${lost} without an answer, most of them while nobody listened, ${away} answered 503. They made ${events} events, of which the readers got ${frames} frames.`;
}

function recovery(results: readonly SeedResult[]): string {
  return largest(results.flatMap(({ history }) => history.faults.map(({ recoveryMs }) => recoveryMs ?? 0))).toFixed(0);
}

function total(results: readonly SeedResult[], count: (result: SeedResult) => number): number {
  return results.reduce((sum, result) => sum + count(result), 0);
}

function table(head: string[], rows: string[][]): string {
  return [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
