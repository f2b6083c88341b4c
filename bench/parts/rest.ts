import { wayOf } from '../contenders/contender.ts';
import { dispatcherNames, startOneProcess, startSeparateProcesses } from '../contenders/dispatcher.ts';
import { startHandWrittenService } from '../contenders/hand-written.ts';
import { inFlightCases, type Target } from '../measure/comparison.ts';
import type { Part } from './part.ts';

const { rest, grpc, processes } = dispatcherNames;
const reference = 'hand-written service, REST';

/** Claims and completions over the network. */
export const restPart: Part = {
  name: 'rest',
  about: 'the same over REST and gRPC, in one process and in several, against a hand-written service',
  async run(stage) {
    await using resources = new AsyncDisposableStack();
    const one = await startOneProcess(stage, resources);
    const several = await startSeparateProcesses(stage, resources);
    const contenders = [one.rest, one.grpc, ...(several ? [several] : []), await startHandWrittenService(stage, resources)];
    const compared = await stage.compare({
      title: 'Claim and complete, over the network',
      about:
        'Two requests a pair. The load generator is a process of its own, with a connection for each caller over REST, and one for 32 over gRPC.',
      unit: 'pairs/s',
      cases: inFlightCases(stage.scale.inFlight.filter((number) => number !== 8)),
      ways: contenders.map((contender) => wayOf(contender, 'claim and complete', stage)),
      ratios: [rest, grpc, ...(several ? [processes] : [])].map((of) => ({ of, to: reference })),
      targets: several ? targets : targets.filter(({ way }) => way !== processes),
      notes: several ? [] : ['nats-server is not installed, so separate processes were left out.'],
    });
    return [compared];
  },
};

const targets: readonly Target[] = ['1 in flight', '32 in flight', '128 in flight'].flatMap((at): Target[] => [
  { way: rest, at, toWay: reference, atLeast: 0.8 },
  { way: processes, at, toWay: reference, atLeast: 0.4 },
  { way: grpc, at, toWay: rest, atLeast: 1 },
]);
