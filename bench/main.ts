import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createShutdownSignal } from '@dispatcher/kit/lifecycle/shutdown-signal.ts';
import { help, readOptions } from './options.ts';
import { parts } from './parts/parts.ts';
import { reportOf } from './report/report.ts';
import { runBench } from './run-bench.ts';

try {
  const options = readOptions(process.argv.slice(2), parts, import.meta.dirname);
  if (options.help) console.log(help);
  else if (options.list) console.log(parts.map(({ name, about }) => `${name.padEnd(10)} ${about}`).join('\n'));
  else await run(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function run({ parts: chosen, quick, out }: ReturnType<typeof readOptions>): Promise<void> {
  const results = await runBench(chosen, { quick, say: (line) => console.error(line), signal: createShutdownSignal() });
  const report = reportOf(results);
  if (out === undefined) console.log(report);
  else {
    await mkdir(out, { recursive: true });
    await writeFile(join(out, 'RESULTS.md'), report);
    await writeFile(join(out, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
    console.error(`Written: ${join(out, 'RESULTS.md')} and results.json.`);
  }
  const failed = results.parts.flatMap(({ comparisons }) => comparisons).some(({ measurements }) => measurements.some((each) => 'failed' in each));
  if (failed) process.exitCode = 1;
}
