import { claimPart } from './claim.ts';
import { createPart } from './create.ts';
import { eventsPart } from './events.ts';
import { heartbeatPart } from './heartbeat.ts';
import { largePart } from './large.ts';
import { listsPart } from './lists.ts';
import type { Part } from './part.ts';
import { restPart } from './rest.ts';
import { startPart } from './start.ts';

/** All parts, in the order in which they run. Parts that fill the queue of the disk come last. */
export const parts: readonly Part[] = [claimPart, restPart, createPart, heartbeatPart, eventsPart, startPart, largePart, listsPart];
