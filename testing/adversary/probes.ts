import type { Probe } from './probe.ts';
import { channel } from './probes/channel.ts';
import { connections } from './probes/connections.ts';
import { creates } from './probes/creates.ts';
import { duplicates } from './probes/duplicates.ts';
import { fuzz } from './probes/fuzz.ts';
import { halfSentHealth } from './probes/half-sent-health.ts';
import { lists } from './probes/lists.ts';
import { rapidReset } from './probes/rapid-reset.ts';
import { repeats } from './probes/repeats.ts';
import { streams } from './probes/streams.ts';
import { unknownKeys } from './probes/unknown-keys.ts';
import { unreadBodies } from './probes/unread-bodies.ts';
import { unreadPages } from './probes/unread-pages.ts';
import { waitingClaims } from './probes/waiting-claims.ts';
import { worstNeighbor } from './probes/worst-neighbor.ts';

/** All probes by name. The quick ones run as part of the tests. */
export const probes: Readonly<Record<string, { readonly probe: Probe; readonly quick: boolean }>> = {
  channel: { probe: channel, quick: true },
  connections: { probe: connections, quick: false },
  creates: { probe: creates, quick: false },
  duplicates: { probe: duplicates, quick: true },
  fuzz: { probe: fuzz, quick: true },
  'half-sent-health': { probe: halfSentHealth, quick: true },
  lists: { probe: lists, quick: false },
  'rapid-reset': { probe: rapidReset, quick: true },
  repeats: { probe: repeats, quick: true },
  streams: { probe: streams, quick: false },
  'unknown-keys': { probe: unknownKeys, quick: true },
  'unread-bodies': { probe: unreadBodies, quick: true },
  'unread-pages': { probe: unreadPages, quick: true },
  'waiting-claims': { probe: waitingClaims, quick: true },
  'worst-neighbor': { probe: worstNeighbor, quick: false },
};
