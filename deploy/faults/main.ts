import { parseArgs } from 'node:util';
import { writeReport } from './report.ts';
import { runSeed, type SeedResult } from './run-seed.ts';
import { lineOf } from './summary.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    seconds: { type: 'string', default: '30' },
    report: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help)
  console.log(
    'pnpm faults [--seed N] [--seeds HOW_MANY] [--seconds OF_FAULTS] [--verbose] [--report]\nRuns seeds one after the other; --verbose shows each fault, --report writes docs/faults.md.',
  );
else process.exitCode = await runSeeds(Number(values.seed ?? 1), Number(values.seeds ?? (values.report ? 20 : 1)), Number(values.seconds));

async function runSeeds(first: number, count: number, seconds: number): Promise<number> {
  const results: SeedResult[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const result = await runSeed(seed, { seconds });
    results.push(result);
    console.log(lineOf(result));
    if (values.verbose)
      for (const { name, node, from, to } of result.history.faults) console.log(`  ${name} ${node ?? ''} ${((to - from) / 1000).toFixed(1)} s`);
    for (const violation of result.violations.slice(0, 20)) console.log(`  ${violation}`);
    if (result.violations.length > 0 && result.output.trim()) console.log(result.output.slice(-4_000));
  }
  if (values.report) await writeReport(results);
  const broken = results.filter(({ violations }) => violations.length > 0);
  console.log(
    `${count} seeds from ${first}: ${broken.length === 0 ? 'all promises kept' : `broken by ${broken.map(({ seed }) => seed).join(', ')}`}.`,
  );
  return broken.length === 0 ? 0 : 1;
}
