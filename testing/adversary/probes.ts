import type { Probe } from './probe.ts';
import { creates } from './probes/creates.ts';
import { duplicates } from './probes/duplicates.ts';
import { lists } from './probes/lists.ts';
import { repeats } from './probes/repeats.ts';

/** All probes by name. The quick ones run with the tests. */
export const probes: Readonly<Record<string, { readonly probe: Probe; readonly quick: boolean }>> = {
  creates: { probe: creates, quick: false },
  duplicates: { probe: duplicates, quick: true },
  lists: { probe: lists, quick: false },
  repeats: { probe: repeats, quick: true },
};
