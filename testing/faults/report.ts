import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kindOf } from './faults/plan-faults.ts';
import type { FaultName } from './history.ts';
import { machineInWords } from './machine.ts';
import { sometimesNames } from './sometimes.ts';
import { lineOf, type SeedSummary } from './summary.ts';

const path = join(import.meta.dirname, '../../docs/faults.md');

/** Writes the results of the runs into `docs/faults.md`. */
export async function writeReport(results: readonly SeedSummary[]): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, reportOf(results));
}

/** The text of the page. */
export function reportOf(results: readonly SeedSummary[]): string {
  const violations = results.flatMap(({ seed, violations }) => violations.map((violation) => `seed ${seed}: ${violation}`));
  const impossible = results.flatMap(({ seed, impossible }) => impossible.map((what) => `seed ${seed}: ${what}`));
  const minutes = total(results, ({ seconds }) => seconds) / 60;
  const days = [...new Set(results.map(({ day }) => day))].join(', ');
  return `# What the system kept while it was broken

\`npm run faults -- --report\` writes this page; \`npm run faults -- --seeds N --rounds R\` runs one seed again. A run starts the
whole system as real processes. 32 workers and 6 stream readers (one never reads) put load on it. Parts of it are killed and
stopped in an order that the seed decides. Then the system comes to rest, and everything that was answered and streamed is
compared with the event log. The checks are in \`testing/faults/check\`. A fault that hit nothing is repeated; a run in which it
never hit anything has failed.

- The shortest lease is 30 s. Some leases are ended early by SQL, at any moment of their holder's work.
- Most processes have a clock that is a day fast or a day slow, by libfaketime. PostgreSQL's clock is right.
- One transaction is always open, as a backup's would be, so that no dead row can be removed.
- Seeds from 1000 on run two of each service and two gateways, each as a process of its own, with a network between them that
  fails too. The others run everything in one process (\`alone\`), or two such processes side by side (\`pair\`).

**Runs**: ${results.length} seeds, ${minutes.toFixed(0)} minutes, ${days}, on ${machineInWords()}.

**Processes killed with signal 9**: ${total(killRows(results), ({ kills }) => kills)}, ${ownKills(results)} of them Dispatcher's own. **Violations of what is promised**: ${violations.length}.
${[...violations, ...impossible.map((what) => `not possible: ${what}`)].map((line) => `\n- ${line}`).join('')}

## Which processes were hit

${table(
  ['Process', 'kill -9, alone', 'with all others of its kind', 'with everything', 'kill -9 in all', 'SIGSTOP', 'Restarted'],
  killRows(results).map(({ kind, alone, together, everything, kills, stops, restarts }) => [
    kind,
    ...[alone, together, everything, kills, stops, restarts].map(String),
  ]),
)}

## Faults

${table(['Fault', 'Times, in one process', 'between processes', 'Longest until all was up again'], faultRows(results))}

Leases ended by SQL: ${total(results, ({ leasesEnded }) => leasesEnded)}. Every gateway wrote again at most
${recovery(results, 'postgres-killed')} ms after PostgreSQL took connections again, and ${recovery(results, 'disk-full', 'log-full')} ms after its disk had room again.

## Requests

${table(['Request', 'Made', 'Succeeded', 'Refused', 'Nothing there', 'No clear answer'], requestRows(results))}

Sent ${total(results, ({ sent }) => sent)} times: ${total(results, ({ unanswered }) => unanswered)} without an answer, most of them while nobody listened, ${total(results, ({ unavailable }) => unavailable)} answered
503. They made ${total(results, ({ events }) => events)} events, of which the readers got ${total(results, ({ frames }) => frames)} frames.

## What happened sometimes

${table(['', 'In one process', 'Between processes', 'Runs'], sometimesRows(results))}

## Seeds

${results.map((result) => `- ${lineOf(result)}`).join('\n')}
`;
}

const inOne = (results: readonly SeedSummary[]) => results.filter(({ setup }) => setup !== 'services');
const between = (results: readonly SeedSummary[]) => results.filter(({ setup }) => setup === 'services');

const ownKills = (results: readonly SeedSummary[]) =>
  total(results, ({ faults }) => total(faults, ({ name, hit }) => (name === 'killed' || name === 'all-killed' ? hit.length : 0)));

/** How often the processes of each kind were hit, and how often PostgreSQL and NATS. */
function killRows(results: readonly SeedSummary[]) {
  const faults = results.flatMap((result) => result.faults);
  const hits = faults.flatMap(({ name, hit }) => hit.map((each) => ({ name, kind: rowOf(each), isAlone: hit.length === 1 })));
  const ofDispatcher = [...Map.groupBy(hits, ({ kind }) => kind)].map(([kind, same]) => {
    const count = (name: FaultName, isAlone?: boolean) =>
      same.filter((hit) => hit.name === name && (isAlone === undefined || hit.isAlone === isAlone)).length;
    const [alone, together, everything] = [count('killed', true), count('killed', false), count('all-killed')];
    return { kind, alone, together, everything, kills: alone + together + everything, stops: count('stopped'), restarts: count('restarted') };
  });
  const times = (name: FaultName) => faults.filter((fault) => fault.name === name).length;
  const other = (kind: string, alone: number, everything: number) => ({
    kind,
    alone,
    together: 0,
    everything,
    kills: alone + everything,
    stops: 0,
    restarts: 0,
  });
  return [...ofDispatcher, other('PostgreSQL', times('postgres-killed'), times('all-killed')), other('NATS', times('nats-wiped'), 0)];
}

const rowOf = (name: string) => (/^[ab]$/.test(name) ? 'everything in one process' : kindOf(name));

function faultRows(results: readonly SeedSummary[]): string[][] {
  const nameOf = ({ name, link }: SeedSummary['faults'][number]) => (link ? `${name}, ${link}` : name);
  const names = new Set(results.flatMap(({ faults }) => faults.map(nameOf)));
  return [...names].map((name) => {
    const of = (some: readonly SeedSummary[]) => some.flatMap(({ faults }) => faults.filter((fault) => nameOf(fault) === name));
    const longest = largest(of(results).map(({ ms }) => ms));
    return [name, String(of(inOne(results)).length), String(of(between(results)).length), `${(longest / 1000).toFixed(1)} s`];
  });
}

function requestRows(results: readonly SeedSummary[]): string[][] {
  const byKind = Map.groupBy(
    results.flatMap(({ requests }) => requests),
    ({ kind }) => kind,
  );
  return [...byKind].map(([kind, counts]) => [
    kind,
    ...(['made', 'succeeded', 'refused', 'nothing', 'unknown'] as const).map((name) => String(total(counts, (count) => count[name]))),
  ]);
}

function sometimesRows(results: readonly SeedSummary[]): string[][] {
  return sometimesNames.map((name) => {
    const sum = (some: readonly SeedSummary[]) => String(total(some, ({ sometimes }) => sometimes[name]));
    const runs = results.filter(({ sometimes }) => sometimes[name] > 0).length;
    return [name, sum(inOne(results)), sum(between(results)), String(runs)];
  });
}

function recovery(results: readonly SeedSummary[], ...names: FaultName[]): string {
  const times = results.flatMap(({ faults }) => faults.filter(({ name }) => names.includes(name)).map(({ recoveryMs }) => recoveryMs ?? 0));
  return largest(times).toFixed(0);
}

function total<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((sum, item) => sum + count(item), 0);
}

function largest(numbers: readonly number[]): number {
  return numbers.reduce((max, number) => Math.max(max, number), 0);
}

function table(head: string[], rows: string[][]): string {
  return [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
