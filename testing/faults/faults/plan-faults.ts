import type { Setup, World } from '../environment/environment.ts';
import type { WorldProcess } from '../environment/node.ts';
import type { Link } from '../environment/services.ts';
import type { FaultName } from '../history.ts';
import type { Random } from '../random.ts';

/** A fault that a run will have. */
export interface PlannedFault {
  readonly name: FaultName;
  readonly on: readonly WorldProcess[];
  readonly link: Link | null;
}

const everywhere: readonly FaultName[] = ['all-killed', 'postgres-killed', 'late-commit'];

/** The faults that need a small disk; left out when none could be mounted. */
const onSmallDisk: readonly FaultName[] = ['disk-full', 'log-full'];

/** The faults of each network connection. */
const ofLinks: readonly FaultName[] = ['link-cut', 'link-stalled', 'answers-swallowed'];

/** The faults that each setup has once in a run. The faults of its processes come on top. */
const onceIn: Record<Setup, readonly FaultName[]> = {
  alone: everywhere,
  'alone-nats': [...everywhere, 'nats-wiped'],
  pair: [...everywhere, 'nats-wiped', ...onSmallDisk],
  services: [...everywhere, 'nats-wiped', ...onSmallDisk],
};

/**
 * Plans all faults of a run in random order. The faults of one step happen at the same time. Each round kills the
 * processes of every kind, and stops one of each kind. With many kinds, every second round stops one kind while it
 * kills another.
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
  // When all copies of a kind are killed, no copy is left to take over.
  const kills = kinds.map((copies, kind) => planned('killed', (round + kind) % 2 === 0 ? one(copies) : copies));
  const stops = kinds.map((copies) => planned('stopped', one(copies)));
  if (kinds.length < 3 || round % 2 === 1) return [...kills, ...stops].map((fault) => [fault]);
  return kills.map((kill, kind) => [kill, ...stops.slice((kind + 1) % kinds.length).slice(0, 1)]);
}

/** The kind of a process: `claim` for `claim-2`. */
export function kindOf(name: string): string {
  return name.replace(/-\d+$/, '');
}
