import type { Setup, World } from '../environment/environment.ts';
import type { WorldProcess } from '../environment/node.ts';
import type { Link } from '../environment/services.ts';
import type { FaultName } from '../history.ts';
import type { Random } from '../random.ts';

/** A fault that a run is going to have. */
export interface PlannedFault {
  readonly name: FaultName;
  readonly on: readonly WorldProcess[];
  readonly link: Link | null;
}

const everywhere: readonly FaultName[] = ['all-killed', 'postgres-killed', 'late-commit'];

/** What needs a small disk, where one could be mounted. */
const onSmallDisk: readonly FaultName[] = ['disk-full', 'log-full'];

/** What happens to a way of each kind. */
const ofLinks: readonly FaultName[] = ['link-cut', 'link-stalled', 'answers-swallowed'];

/** What a run of each setup has once, beside what its processes go through. */
const onceIn: Record<Setup, readonly FaultName[]> = {
  alone: everywhere,
  'alone-nats': [...everywhere, 'nats-wiped'],
  pair: [...everywhere, 'nats-wiped', ...onSmallDisk],
  services: [...everywhere, 'nats-wiped', ...onSmallDisk],
};

/**
 * All faults of a run, in an order of its own; those of one step happen at once. In each round the processes of every
 * kind are killed, and one of them is stopped: where there are many kinds, in every second round while another kind
 * is being killed.
 */
export function planFaults(
  { setup, processes, links, disk }: Pick<World, 'setup' | 'processes' | 'links' | 'disk'>,
  rounds: number,
  random: Random,
): PlannedFault[][] {
  const kinds = [...Map.groupBy(processes, ({ name }) => kindOf(name)).values()];
  const ways = [...Map.groupBy(links, ({ between }) => between).values()];
  const restarted = random.maybePick(processes);
  return random.shuffle([
    ...onceIn[setup].filter((name) => disk || !onSmallDisk.includes(name)).map((name) => [planned(name)]),
    ...ways.flatMap((same) => ofLinks.map((name) => [planned(name, [], random.maybePick(same) ?? null)])),
    [planned('restarted', restarted ? [restarted] : [])],
    ...Array.from({ length: rounds }, (_, round) => roundOf(kinds, round)).flat(),
  ]);
}

const planned = (name: FaultName, on: readonly WorldProcess[] = [], link: Link | null = null): PlannedFault => ({ name, on, link });

function roundOf(kinds: readonly (readonly WorldProcess[])[], round: number): PlannedFault[][] {
  const one = (copies: readonly WorldProcess[]) => copies.filter((_, copy) => copy === round % copies.length);
  // With all copies of a kind gone nobody is there to take over.
  const kills = kinds.map((copies, kind) => planned('killed', (round + kind) % 2 === 0 ? one(copies) : copies));
  const stops = kinds.map((copies) => planned('stopped', one(copies)));
  if (kinds.length < 3 || round % 2 === 1) return [...kills, ...stops].map((fault) => [fault]);
  return kills.map((kill, kind) => [kill, ...stops.slice((kind + 1) % kinds.length).slice(0, 1)]);
}

/** What a process is one of: `claim` of `claim-2`. */
export function kindOf(name: string): string {
  return name.replace(/-\d+$/, '');
}
