import { type Contender, wayOf } from '../contenders/contender.ts';
import { dispatcherNames, startServices, startStatements } from '../contenders/dispatcher.ts';
import { startHandWrittenStore } from '../contenders/hand-written.ts';
import { startGraphileLocalQueue, startGraphileWorker, startPgBoss, startPgBossBatches } from '../contenders/peers.ts';
import { pgbenchWay } from '../contenders/pgbench.ts';
import { inFlightCases, type Target } from '../measure/comparison.ts';
import type { Part } from './part.ts';

const { statements } = dispatcherNames;

const starts = [startStatements, startServices, startPgBoss, startPgBossBatches, startGraphileWorker, startGraphileLocalQueue, startHandWrittenStore];

/** Claims and completions through the stores: ours, those of the peers, and one written only for this work. */
export const claimPart: Part = {
  name: 'claim',
  about: 'claim a task and complete it, through our store and through those of the peers',
  async run(stage) {
    await using resources = new AsyncDisposableStack();
    const contenders: Contender[] = [];
    for (const start of starts) contenders.push(await start(stage, resources));
    const raw = await pgbenchWay(stage, resources);
    const ways = [...contenders.map((contender) => wayOf(contender, 'claim and complete', stage)), ...(raw ? [raw] : [])];
    const compared = await stage.compare({
      title: 'Claim and complete, through the store',
      about:
        `One task a call: claim the task with the highest rank, then complete it; ${stage.scale.backlog.toLocaleString('en')} tasks wait. ` +
        'Each library runs in the process of its callers, which are its load generator.',
      unit: 'pairs/s',
      cases: inFlightCases(stage.scale.inFlight),
      ways,
      ratios: ways.slice(1).map(({ name }) => ({ of: statements, to: name })),
      targets,
      notes: raw ? [] : ['pgbench is not installed, so the raw statements were left out.'],
    });
    return [compared];
  },
};

const targets: readonly Target[] = [
  { way: statements, at: '1 in flight', toWay: 'pg-boss', atLeast: 1.3 },
  { way: statements, at: '32 in flight', toWay: 'pg-boss', atLeast: 4 },
  { way: statements, at: '32 in flight', toWay: 'graphile-worker', atLeast: 2 },
];
