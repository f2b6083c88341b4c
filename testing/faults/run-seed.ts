import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { forbiddenAnswers, slowRecoveries } from './check/answers.ts';
import { differentCounts } from './check/counts.ts';
import { earlyEnds } from './check/early-ends.ts';
import { missingEvents } from './check/missing-events.ts';
import { overlappingClaims } from './check/overlapping-claims.ts';
import { repeatedEffects } from './check/repeated-effects.ts';
import { staleWrites } from './check/stale-writes.ts';
import { brokenPositions, brokenStreams } from './check/stream-positions.ts';
import { illegalHistories } from './check/task-histories.ts';
import { type Collected, collectLog, countTasks } from './collect-log.ts';
import { startWorld, type World } from './environment/environment.ts';
import { type PlannedFault, planFaults } from './faults/plan-faults.ts';
import { runFault } from './faults/run-fault.ts';
import type { History } from './history.ts';
import { type Load, startLoad } from './load/load.ts';
import { sendRequest } from './load/send-request.ts';
import { Random } from './random.ts';
import { countSometimes, faultsToRepeat, neverHappened } from './sometimes.ts';
import { type SeedSummary, summaryOf } from './summary.ts';
import { waitUntil } from './wait-until.ts';

/** The result of the run of one seed. */
export interface SeedResult {
  readonly summary: SeedSummary;
  /** The warnings that the processes printed, for whoever looks into a violation. */
  readonly output: string;
}

const setups = ['pair', 'alone', 'alone-nats'] as const;

/** Seeds from this number on run against separate processes. */
const firstSeedOfServices = 1000;

/**
 * Runs the whole system under load and faults, waits until it is at rest, and checks everything that was seen. The seed
 * decides the setup, the load, the clocks and the faults. Each round kills and stops processes of every kind.
 */
export async function runSeed(seed: number, { rounds }: { rounds: number }): Promise<SeedResult> {
  const start = performance.now();
  const random = new Random(seed);
  const setup = seed >= firstSeedOfServices ? 'services' : (setups[seed % setups.length] ?? 'pair');
  await using world = await startWorld(setup, random.fork('clocks'));
  const history: History = { operations: [], expiries: [], streams: [], faults: [], snapshots: [] };
  await using load = await startLoad(world, history, random);
  await sleep(1_500);
  const runAll = async () => {
    await runFaults(world, history, random.fork('faults'), planFaults(world, rounds, random.fork('plan')));
    await repeatFaults(world, history, random.fork('repeated'));
  };
  const brokenOff = await runAll().then(
    () => [],
    (error: unknown) => [String(error)],
  );
  await sleep(500);
  await load.stop();
  const violations = brokenOff.length > 0 ? brokenOff : [...(await comeToRest(world, load)), ...(await wrongCounts(world))];
  const collected = await collectLog(world.db);
  const sometimes = countSometimes(setup, history, collected.log);
  const never = neverHappened(world, sometimes).map((name) => `no fault had this effect: "${name}"`);
  const summary = summaryOf({
    seed,
    setup,
    rounds,
    seconds: (performance.now() - start) / 1000,
    history,
    events: collected.eventCount,
    sometimes,
    violations: [...violations, ...check(history, collected), ...never],
    impossible: world.impossible,
  });
  return { summary, output: world.nodes.map((node) => node.output()).join('\n') };
}

/** Runs one step after the other. The faults of a step happen at the same time. */
async function runFaults(world: World, history: History, random: Random, plan: readonly PlannedFault[][]): Promise<void> {
  for (const step of plan) {
    history.faults.push(...(await Promise.all(step.map(({ name, on, link }) => runFault(name, { world, random, on, link })))));
    await sleep(random.integer(200, 800));
  }
}

/** On a busy machine a fault may hit nothing. Such a fault is repeated, but only a few times. */
async function repeatFaults(world: World, history: History, random: Random): Promise<void> {
  for (let repeat = 1; repeat <= mostRepeats; repeat++) {
    const { log } = await collectLog(world.db);
    const never = neverHappened(world, countSometimes(world.setup, history, log));
    if (never.length === 0) return;
    const wanted = faultsToRepeat(never);
    const steps = planFaults(world, 1, random).filter((step) => step.some(({ name }) => wanted.includes(name)));
    await runFaults(world, history, random, steps);
    // Some of the missing things come from the load alone, and need time.
    await sleep(2_000);
  }
}

const mostRepeats = 3;

/** Waits until every event has its position and every reader has received all that it may see. */
async function comeToRest({ db }: World, load: Load): Promise<string[]> {
  const drained = await waitUntil(15_000, async () => (await db.query('SELECT FROM unpublished')).length === 0);
  if (drained === null) return ['15 s after the load had ended there were events without a position'];
  const { log } = await collectLog(db);
  // The check of the streams reports whatever is still missing.
  await waitUntil(15_000, async () => load.haveAll(log));
  return [];
}

/**
 * Compares the counts after the load. The sweeper may still move a task, so only a difference that lasts over several
 * looks counts.
 */
async function wrongCounts({ db, nodes, adminKey }: World): Promise<string[]> {
  let differences: string[] = [];
  await waitUntil(5_000, async () => {
    differences = [];
    for (const organization of [null, 'acme', 'globex']) {
      for (const { url, name } of nodes) {
        const path = organization ? `/stats?organization_id=${organization}` : '/stats';
        const { body } = await sendRequest({ url, method: 'GET', path, apiKey: adminKey, timeoutMs: 3_000 });
        const scope = `${organization ?? 'all'} at ${name}`;
        differences.push(...differentCounts(scope, statsAnswer.parse(body).data, await countTasks(db, organization)));
      }
    }
    return differences.length === 0;
  });
  return differences;
}

const counts = z.record(z.string(), z.number());
const statsAnswer = z.object({ data: z.object({ byStatus: counts, byOwner: counts, byLayer: counts }) });

function check(history: History, { log, tasks, relayPosition, eventCount }: Collected): string[] {
  return [
    ...overlappingClaims(history),
    ...earlyEnds(history, log),
    ...staleWrites(history, log).accepted,
    ...missingEvents(history.operations, log),
    ...repeatedEffects(history.operations, log),
    ...illegalHistories(log, tasks),
    ...brokenPositions(log, relayPosition, eventCount),
    ...brokenStreams(history.streams, log),
    ...forbiddenAnswers(history),
    ...slowRecoveries(history),
  ];
}
