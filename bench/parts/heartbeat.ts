import { wayOf } from '../contenders/contender.ts';
import { dispatcherNames, startOneProcess, startServices } from '../contenders/dispatcher.ts';
import { startPgBoss } from '../contenders/peers.ts';
import { inFlightCases } from '../measure/comparison.ts';
import type { Part } from './part.ts';

/** Enough for a figure that varies little. */
const rounds = 2;

/** Keeping claims alive. */
export const heartbeatPart: Part = {
  name: 'heartbeat',
  about: 'keep a claim alive, one a call',
  async run(stage) {
    await using resources = new AsyncDisposableStack();
    const services = await startServices(stage, resources);
    const { rest, grpc } = await startOneProcess(stage, resources);
    const boss = await startPgBoss(stage, resources);
    const compared = await stage.compare(
      {
        title: 'Heartbeat',
        about: 'Each caller holds a task and renews its lease again and again. pg-boss: `touch`. graphile-worker has no leases.',
        unit: 'heartbeats/s',
        cases: inFlightCases(stage.scale.inFlight.filter((number) => number === 1 || number === 32)),
        ways: [services, rest, grpc, boss].map((contender) => wayOf(contender, 'heartbeat', stage)),
        ratios: [{ of: dispatcherNames.services, to: boss.name }],
      },
      rounds,
    );
    return [compared];
  },
};
