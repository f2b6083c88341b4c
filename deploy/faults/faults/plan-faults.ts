import type { FaultName } from '../history.ts';
import type { Random } from '../random.ts';
import type { WorldProcess } from '../world/node.ts';
import type { Setup, World } from '../world/world.ts';

/** A fault that a run is going to have. */
export interface PlannedFault {
  readonly name: FaultName;
  readonly on: readonly WorldProcess[];
}

const everywhere: readonly FaultName[] = ['all-killed', 'postgres-killed', 'late-commit'];

/** Only where one could be mounted. */
const onSmallDisk: readonly FaultName[] = ['disk-full', 'log-full'];

/** What a run of each setup has once, beside what its processes go through. */
const onceIn: Record<Setup, readonly FaultName[]> = {
  alone: everywhere,
  'alone-nats': [...everywhere, 'nats-wiped'],
  pair: [...everywhere, 'nats-wiped', ...onSmallDisk],
  services: [...everywhere, 'nats-wiped', ...onSmallDisk, 'link-cut', 'link-stalled', 'answers-swallowed'],
};

/**
 * All faults of a run, in an order of its own; those of one step happen at once. In each round the processes of every kind are killed, and one of them is
 * stopped: where there are many kinds, in every second round while another kind is being killed.
 */
export function planFaults(
  { setup, processes, disk }: Pick<World, 'setup' | 'processes' | 'disk'>,
  rounds: number,
  random: Random,
): PlannedFault[][] {
  const kinds = [...Map.groupBy(processes, ({ name }) => kindOf(name)).values()];
  const restarted = random.maybePick(processes);
  return random.shuffle([
    ...onceIn[setup].filter((name) => disk || !onSmallDisk.includes(name)).map((name) => [{ name, on: [] }]),
    [{ name: 'restarted', on: restarted ? [restarted] : [] }],
    ...Array.from({ length: rounds }, (_, round) => roundOf(kinds, round)).flat(),
  ]);
}

function roundOf(kinds: readonly (readonly WorldProcess[])[], round: number): PlannedFault[][] {
  const one = (copies: readonly WorldProcess[]) => copies.filter((_, copy) => copy === round % copies.length);
  // With all copies of a kind gone nobody is there to take over.
  const kills = kinds.map((copies, kind): PlannedFault => ({ name: 'killed', on: (round + kind) % 2 === 0 ? one(copies) : copies }));
  const stops = kinds.map((copies): PlannedFault => ({ name: 'stopped', on: one(copies) }));
  if (kinds.length < 3 || round % 2 === 1) return [...kills, ...stops].map((fault) => [fault]);
  return kills.map((kill, kind) => [kill, ...stops.slice((kind + 1) % kinds.length).slice(0, 1)]);
}

/** What a process is one of: `claim` of `claim-2`. */
export function kindOf(name: string): string {
  return name.replace(/-\d+$/, '');
}
