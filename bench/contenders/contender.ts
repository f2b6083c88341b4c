import type { Load, Work } from '../load/driver.ts';
import type { DriverName } from '../load/drivers.ts';
import { startLoadProcess } from '../load/load-process.ts';
import type { InFlight, Sample, Traits, Way } from '../measure/comparison.ts';
import type { CpuClocks } from '../measure/cpu.ts';
import { type Run, throughputOf } from '../measure/sample.ts';
import type { Stage } from '../stage/stage.ts';

/** A running system that claims tasks: Dispatcher over one of its transports, or a peer. */
export interface Contender {
  readonly name: string;
  readonly traits: Traits;
  readonly clocks: CpuClocks;
  /** Makes sure that this many tasks can be claimed. */
  prepare(backlog: number): Promise<void>;
  run(load: Load): Promise<Run>;
}

/** Starts a contender. `resources` stops it. */
export type StartContender = (stage: Stage, resources: AsyncDisposableStack) => Promise<Contender>;

/** Measures a contender at some work, with as many callers as the case says. */
export function wayOf(contender: Contender, work: Work, { scale }: Stage): Way<InFlight> {
  const { name, traits, clocks } = contender;
  return {
    name,
    traits,
    async measure({ inFlight }): Promise<Sample> {
      await contender.prepare(scale.backlog);
      const load = { work, inFlight, mostCalls: Math.floor(scale.backlog * 0.7) };
      await contender.run({ ...load, seconds: scale.warmUpSeconds });
      // A peer that takes many tasks at once may have taken all of them.
      await contender.prepare(scale.backlog);
      return await throughputOf(clocks, () => contender.run({ ...load, seconds: scale.seconds }));
    },
  };
}

/**
 * A library that works in the process of its caller, on its own database. Without `prepare`, its driver creates the
 * tasks.
 */
export function startLibrary(name: string, driver: DriverName, traits: Traits, makeDatabase: (stage: Stage) => Promise<string>): StartContender {
  return async (stage, resources) => {
    const at = await makeDatabase(stage);
    const load = resources.use(await startLoadProcess(driver, { at }));
    return { name, traits, clocks: { Node: load.cpu, PostgreSQL: stage.postgres.cpu }, prepare: load.prepare, run: load.run };
  };
}
