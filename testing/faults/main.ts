import { appendFile, readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { writeReport } from './report.ts';
import { runSeed } from './run-seed.ts';
import { seedsIn } from './seeds-in.ts';
import { lineOf, type SeedSummary } from './summary.ts';

const help = `Runs random faults against Dispatcher, and checks the whole history afterwards.

  npm run faults -- [--seeds 1-3,1000] [--rounds N] [--verbose] [--report]

  --seeds LIST     the seeds to run, one after the other [1]; seeds from 1000
                   on run against separate processes
  --rounds N       rounds for each seed [2]; in each round every process is
                   killed and stopped
  --verbose        shows each fault
  --results FILE   adds the result of each seed to this file
  --report         writes docs/faults.md from that file, or from this run`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    rounds: { type: 'string', default: '2' },
    results: { type: 'string' },
    report: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(help);
else process.exitCode = await main(seedsIn(values.seeds ?? (values.report && values.results ? '' : '1')), Number(values.rounds));

async function main(seeds: readonly number[], rounds: number): Promise<number> {
  const summaries: SeedSummary[] = [];
  for (const seed of seeds) summaries.push(await runOne(seed, rounds));
  if (values.report) await writeReport(values.results ? await readResults(values.results) : summaries);
  if (seeds.length === 0) return 0;
  const broken = summaries.filter(({ violations }) => violations.length > 0);
  console.log(`${seeds.length} seeds: ${broken.length === 0 ? 'all promises kept' : `broken by ${broken.map(({ seed }) => seed).join(', ')}`}.`);
  return broken.length === 0 ? 0 : 1;
}

async function runOne(seed: number, rounds: number): Promise<SeedSummary> {
  const { summary, output } = await runSeed(seed, { rounds });
  if (values.results) await appendFile(values.results, `${JSON.stringify(summary)}\n`);
  console.log(lineOf(summary));
  if (values.verbose)
    for (const { name, link, hit, ms } of summary.faults)
      console.log(`  ${name} ${link ?? ''}${hit.length < 3 ? hit.join(' ') : ''} ${(ms / 1000).toFixed(1)} s`);
  for (const violation of summary.violations.slice(0, 20)) console.log(`  ${violation}`);
  if (summary.violations.length > 0 && output.trim()) console.log(output.slice(-4_000));
  return summary;
}

/** Reads the results that earlier commands stored, one seed a line. */
async function readResults(path: string): Promise<SeedSummary[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as SeedSummary);
}
