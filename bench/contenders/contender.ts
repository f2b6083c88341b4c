import type { Load, Work } from '../load/driver.ts';
import type { DriverName } from '../load/drivers.ts';
import { startLoadProcess } from '../load/load-process.ts';
import type { InFlight, Sample, Traits, Way } from '../measure/comparison.ts';
import type { CpuClocks } from '../measure/cpu.ts';
import { type Run, throughputOf } from '../measure/sample.ts';
import type { Stage } from '../stage/stage.ts';

/** Something that claims tasks, running: ours by one of the ways to it, or a peer. */
export interface Contender {
  readonly name: string;
  readonly traits: Traits;
  readonly clocks: CpuClocks;
  /** Sees to it that there are so many tasks to claim. */
  prepare(backlog: number): Promise<void>;
  run(load: Load): Promise<Run>;
}

/** Starts what a contender needs, and leaves it to `resources` to stop it. */
export type StartContender = (stage: Stage, resources: AsyncDisposableStack) => Promise<Contender>;

/** The way of a contender through some work, with as many callers as the case says. */
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
 * A library that works in its caller's own process, on a database of its own. Without `prepare` its driver makes the
 * tasks.
 */
export function startLibrary(name: string, driver: DriverName, traits: Traits, makeDatabase: (stage: Stage) => Promise<string>): StartContender {
  return async (stage, resources) => {
    const at = await makeDatabase(stage);
    const load = resources.use(await startLoadProcess(driver, { at }));
    return { name, traits, clocks: { Node: load.cpu, PostgreSQL: stage.postgres.cpu }, prepare: load.prepare, run: load.run };
  };
}
