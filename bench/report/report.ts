import type { Compared, Measurement } from '../measure/compare.ts';
import type { Sample, Target, Traits } from '../measure/comparison.ts';
import { loadGenerator } from '../measure/cpu.ts';
import type { PartResults, Results } from './results.ts';
import { median } from './statistics.ts';
import { figureOf, judge, ratioOf, samplesOf } from './summary.ts';
import { spreadText, tableOf } from './table.ts';

/**
 * When the load average per core is above this before the run, the figures say little. The load before later parts is
 * mostly caused by the run itself.
 */
const busyFrom = 0.5;

/** A load generator that uses more than this part of a core may limit the others. */
const busyGenerator = 0.8;

/** The report in Markdown. */
export function reportOf(results: Results): string {
  const { machine, parts } = results;
  const busy = (parts[0]?.loadAverage ?? 0) > busyFrom * machine.cores;
  const sections = [
    '# Results',
    `Written by \`npm run bench${results.isQuick ? ' -- --quick' : ''}\`; [README.md](README.md) says how to read it.`,
    ...(results.isQuick ? ['**A quick run: few tasks, one short round. Its figures say little.**'] : []),
    ...(busy
      ? ['**The machine was busy with something else before the run began (see the load averages below). Trust only the order of size.**']
      : []),
    machineTable(results),
    ...(parts.some(({ comparisons }) => comparisons.some(({ targets }) => targets.length > 0)) ? ['## Targets', targetTable(parts)] : []),
    ...parts.flatMap(({ comparisons }) => comparisons.flatMap(sectionsOf)),
  ];
  return `${sections.join('\n\n')}\n`;
}

function machineTable({ startedAt, commit, rounds, machine, parts }: Results): string {
  const loads = parts.map(({ name, loadAverage, seconds }) => `${name} ${loadAverage.toFixed(1)} (${seconds.toFixed(0)} s)`);
  return tableOf(
    ['Run', ''],
    [
      ['Started', `${startedAt}${commit === null ? '' : `, commit ${commit}`}`],
      ['Machine', `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB, ${machine.system}`],
      ['Node, PostgreSQL', `${machine.node}, ${machine.postgres}: the embedded one with its own settings, every commit synced`],
      ['Rounds', `${rounds}; the ways take turns in each. Figures are medians, with the least and the most`],
      ['Load average before each part (its time)', loads.join(', ')],
    ],
    true,
  );
}

function targetTable(parts: readonly PartResults[]): string {
  const rows = parts
    .flatMap(({ comparisons }) => comparisons)
    .flatMap((compared) =>
      judge(compared).map(({ target, isRatio, measured, isMet }) => [
        targetText(compared, target),
        `${target.atLeast === undefined ? '≤' : '≥'} ${target.atLeast ?? target.atMost}${isRatio ? ' ×' : ` ${compared.unit}`}`,
        spreadText(measured),
        isMet ? 'yes' : 'no',
      ]),
    );
  return tableOf(['Figure', 'Target', 'Measured', 'Met'], rows);
}

function targetText({ title }: Compared, { way, at, toWay, toCase, figure }: Target): string {
  const other = [toWay, toCase].filter((part) => part !== undefined).join(', ');
  const cell = [way ?? 'the worst way', at ?? 'any case', ...(figure === 'p99Ms' ? ['p99'] : [])].join(', ');
  return `${title}: ${cell}${other && ` ÷ ${other}`}`;
}

function sectionsOf(compared: Compared): string[] {
  const { title, about, unit, cases, ways, ratios, notes } = compared;
  const values = ways.map(({ name }) => [name, ...cases.map((at) => spreadText(figureOf(compared, name, at)))]);
  const ratioRows = ratios.map(({ of, to }) => [
    `${of} ÷ ${to}`,
    ...cases.map((at) => spreadText(ratioOf(compared, { way: of, at }, { way: to, at }))),
  ]);
  return [
    `## ${title}`,
    about,
    tableOf([unit, ...cases], values),
    ...(ratios.length > 0 ? [tableOf(['ratio', ...cases], ratioRows)] : []),
    ...detailsOf(compared),
    ...traitsOf(compared),
    ...notes,
    ...failuresOf(compared),
    ...busyGenerators(compared),
  ];
}

/** The failures, with the rounds in which they happened. */
function failuresOf({ measurements }: Compared): string[] {
  const failures = measurements.filter((each): each is Extract<Measurement, { failed: string }> => 'failed' in each);
  const alike = Map.groupBy(failures, ({ way, at, failed }) => `${way}, ${at}: ${failed.split('\n')[0]}`);
  return [...alike].map(([what, rounds]) => `Failed in round ${rounds.map(({ round }) => round).join(', ')}: ${what}`);
}

/** The times and the CPU of each way in each case. */
function detailsOf(compared: Compared): string[] {
  const { cases, ways } = compared;
  const rows = ways
    .flatMap(({ name }) => cases.map((at) => ({ name, at, samples: samplesOf(compared, name, at) })))
    .filter(({ samples }) => samples.length > 0);
  const isUseful = rows.some(({ samples }) => samples.some(({ p50Ms, cpuMicros }) => p50Ms !== undefined || cpuMicros));
  if (!isUseful) return [];
  const middle = (samples: readonly Sample[], figure: (sample: Sample) => number | undefined, digits: number) =>
    median(samples.flatMap((sample) => figure(sample) ?? []))?.toFixed(digits) ?? '—';
  const cpu = (samples: readonly Sample[]) => {
    const processes = [...new Set(samples.flatMap(({ cpuMicros = {} }) => Object.keys(cpuMicros)))];
    return processes.map((process) => `${process} ${middle(samples, ({ cpuMicros }) => cpuMicros?.[process], 0)}`).join(', ') || '—';
  };
  return [
    tableOf(
      ['', 'case', 'p50 ms', 'p99 ms', 'CPU of each process, µs an operation'],
      rows.map(({ name, at, samples }) => [
        name,
        at,
        middle(samples, ({ p50Ms }) => p50Ms, 2),
        middle(samples, ({ p99Ms }) => p99Ms, 2),
        cpu(samples),
      ]),
      true,
    ),
  ];
}

const traitNames: readonly (readonly [keyof Traits, string])[] = [
  ['durable', 'Durability'],
  ['lease', 'Leases'],
  ['events', 'Events'],
  ['auth', 'Authentication, validation'],
];

function traitsOf({ ways }: Compared): string[] {
  const rows = ways.flatMap(({ name, traits }) => (traits ? [[name, ...traitNames.map(([trait]) => traits[trait])]] : []));
  return rows.length === 0 ? [] : ['What each does:', tableOf(['', ...traitNames.map(([, title]) => title)], rows, true)];
}

/** Says for which ways the load generator may have been the limit. */
function busyGenerators(compared: Compared): string[] {
  const shares = compared.ways.flatMap(({ name }) => compared.cases.map((at) => ({ name, at, share: generatorShare(compared, name, at) })));
  const known = shares.flatMap(({ name, at, share }) => (share === null ? [] : [{ name, at, share }]));
  if (known.length === 0) return [];
  const most = known.reduce((a, b) => (b.share > a.share ? b : a));
  const text = `The load generator used at most ${(most.share * 100).toFixed(0)} % of a core (${most.name}, ${most.at})`;
  const busy = known.filter(({ share }) => share > busyGenerator);
  return [
    busy.length === 0
      ? `${text}; it was not the limit.`
      : `${text}: it may have been the limit of ${busy.map(({ name, at }) => `${name}, ${at}`).join('; ')}.`,
  ];
}

function generatorShare(compared: Compared, way: string, at: string): number | null {
  return median(
    samplesOf(compared, way, at).flatMap(({ value, cpuMicros }) => {
      const micros = cpuMicros?.[loadGenerator];
      return micros === undefined || !compared.unit.endsWith('/s') ? [] : (micros * value) / 1e6;
    }),
  );
}
