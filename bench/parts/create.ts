import { wayOf } from '../contenders/contender.ts';
import { dispatcherNames, startOneProcess, startServices } from '../contenders/dispatcher.ts';
import { startGraphileWorker, startPgBoss } from '../contenders/peers.ts';
import { inFlightCases } from '../measure/comparison.ts';
import type { Part } from './part.ts';

/** Enough for a figure that varies little. */
const rounds = 2;

/** Creating tasks. */
export const createPart: Part = {
  name: 'create',
  about: 'create a task, one a call',
  async run(stage) {
    await using resources = new AsyncDisposableStack();
    const services = await startServices(stage, resources);
    const { rest, grpc } = await startOneProcess(stage, resources);
    const peers = [await startPgBoss(stage, resources), await startGraphileWorker(stage, resources)];
    const contenders = [services, rest, grpc, ...peers];
    const compared = await stage.compare(
      {
        title: 'Create',
        about:
          'One task a call, with a title, a text of 220 characters, four labels and three score inputs; for the peers the same as the data of a job.',
        unit: 'tasks/s',
        cases: inFlightCases(stage.scale.inFlight.filter((number) => number === 1 || number === 32)),
        ways: contenders.map((contender) => wayOf({ ...contender, prepare: async () => undefined }, 'create', stage)),
        ratios: peers.map(({ name }) => ({ of: dispatcherNames.services, to: name })),
      },
      rounds,
    );
    return [compared];
  },
};
