import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { descendantsOf } from '@dispatcher/testing/harness/descendants-of.ts';
import { startLoadProcess } from '../load/load-process.ts';
import type { Case, Sample } from '../measure/comparison.ts';
import { cpuOfTree } from '../measure/cpu.ts';
import { startDispatcherProcess } from '../stage/dispatcher-process.ts';
import type { Stage } from '../stage/stage.ts';
import type { Part } from './part.ts';

/** How long it waits after the start, before Dispatcher counts as idle. */
const settleMs = 2_000;

/** How long it watches Dispatcher while it is idle. */
const idleSeconds = 5;

const name = 'npm start';

/** The cost of running Dispatcher without any calls. */
export const startPart: Part = {
  name: 'start',
  about: 'how long `npm start` takes, and what it costs while it is idle',
  async run(stage) {
    const starts = await stage.compare({
      title: 'Start',
      about: '`npm start` without its install, with the embedded PostgreSQL: from the start of the process until /readyz answers 200.',
      unit: 's',
      cases: [{ name: 'new data folder' }, { name: 'existing data folder' }],
      ways: [{ name, measure: async (at: Case) => await timeStart(stage, at.name === 'existing data folder') }],
      targets: [
        { way: name, at: 'new data folder', atMost: 10 },
        { way: name, at: 'existing data folder', atMost: 2 },
      ],
    });
    const costs = await measureCosts(stage);
    const idle = await stage.compare(
      {
        title: 'Idle CPU',
        about: `Dispatcher and its PostgreSQL for ${idleSeconds} s in which nobody calls, in percent of one core.`,
        unit: '%',
        cases: [{ name: 'idle' }],
        ways: [{ name, measure: async () => costs.idleCpu }],
        targets: [{ way: name, at: 'idle', atMost: 1 }],
      },
      1,
    );
    const memory = await stage.compare(
      {
        title: 'Memory',
        about:
          'What the processes have for themselves alone, with their part of what they share (PSS): after the start, and after 32 callers have worked.',
        unit: 'MiB',
        cases: [{ name: 'after the start' }, { name: 'after work' }],
        ways: (['Node', 'PostgreSQL'] as const).map((process) => ({
          name: process,
          measure: async (at: Case) => costs.memory[at.name === 'after work' ? 'after' : 'before'][process],
        })),
      },
      1,
    );
    return [starts, idle, memory];
  },
};

async function timeStart(stage: Stage, existing: boolean): Promise<Sample> {
  const folder = await stage.folder();
  if (existing) await (await startDispatcherProcess(folder))[Symbol.asyncDispose]();
  const startedAt = performance.now();
  const main = await startDispatcherProcess(folder);
  const value = (performance.now() - startedAt) / 1000;
  await main[Symbol.asyncDispose]();
  return { value, count: 1 };
}

interface Memory {
  readonly Node: Sample | null;
  readonly PostgreSQL: Sample | null;
}

interface Costs {
  readonly idleCpu: Sample | null;
  readonly memory: { readonly before: Memory; readonly after: Memory };
}

async function measureCosts(stage: Stage): Promise<Costs> {
  await using resources = new AsyncDisposableStack();
  const main = resources.use(await startDispatcherProcess(await stage.folder()));
  const { pid, url } = main;
  await sleep(settleMs);
  const idleCpu = await idleCpuOf(pid);
  const before = await memoryOf(pid);
  const load = resources.use(await startLoadProcess('rest', { at: url, key: (await main.credentials()).api_key }));
  for (const work of ['create', 'claim and complete'] as const) await load.run({ work, inFlight: 32, seconds: stage.scale.seconds * 2 });
  return { idleCpu, memory: { before, after: await memoryOf(pid) } };
}

async function idleCpuOf(pid: number): Promise<Sample | null> {
  const clock = cpuOfTree(pid);
  const before = await clock();
  await sleep(idleSeconds * 1000);
  const after = await clock();
  return before === undefined || after === undefined ? null : { value: ((after - before) / idleSeconds) * 100, count: 1 };
}

async function memoryOf(pid: number): Promise<Memory> {
  const below = await Promise.all((await descendantsOf(pid)).map(pssMib));
  return { Node: sampleOf([await pssMib(pid)]), PostgreSQL: sampleOf(below) };
}

function sampleOf(parts: readonly (number | null)[]): Sample | null {
  const known = parts.filter((part) => part !== null);
  return known.length === 0 ? null : { value: known.reduce((sum, part) => sum + part, 0), count: 1 };
}

/** Null when the system does not report it, or the process has ended. */
async function pssMib(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const kib = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  return kib === undefined ? null : Number(kib) / 1024;
}
