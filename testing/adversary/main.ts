import { once } from 'node:events';
import { parseArgs } from 'node:util';
import type { Row } from './probe.ts';
import { probes } from './probes.ts';
import { startScene } from './scene.ts';
import { tableOf } from './table.ts';

const help = `Starts a dispatcher for each probe, attacks it, and prints how well another
organization was served during the attack. The times are meaningful only on a
quiet machine with a spare core.

  npm run test:adversary -- [PROBE ...] [--seconds N] [--split]

  --seconds N   how long each measurement lasts [5]
  --split       starts each service as a separate process

Probes:
${Object.keys(probes)
  .map((name) => `  ${name}`)
  .join('\n')}`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '5' }, split: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});

const interrupted = Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)));

if (values.help) console.log(help);
else process.exitCode = await main(positionals.length > 0 ? positionals : Object.keys(probes), Number(values.seconds) * 1000);

async function main(names: readonly string[], measureMs: number): Promise<number> {
  const unknown = names.filter((name) => !probes[name]);
  if (unknown.length > 0 || !(measureMs > 0)) {
    console.error(unknown.length > 0 ? `There is no probe ${unknown.join(', ')}.\n${help}` : help);
    return 2;
  }
  const rows: { name: string; row: Row }[] = [];
  for (const name of names) {
    console.error(`${name} …`);
    for (const row of await run(name, measureMs)) rows.push({ name, row });
  }
  console.log(tableOf(rows));
  return rows.every(({ row }) => row.limits.every(({ held }) => held)) ? 0 : 1;
}

/**
 * Each probe gets its own dispatcher, so that no probe sees what another has left. An interrupt stops the dispatcher
 * too.
 */
async function run(name: string, measureMs: number): Promise<Row[]> {
  await using scene = await startScene({ measureMs, split: values.split });
  const rows = await Promise.race([probes[name]?.probe(scene), interrupted.then(() => null)]);
  if (rows) return rows;
  await scene[Symbol.asyncDispose]();
  process.exit(130);
}
