import type { ServiceImpl } from '@connectrpc/connect';
import { eventFromRow } from '@dispatcher/database/events/event-message.ts';
import { onBehalfOf, organizationOf } from '@dispatcher/kit/admission/on-behalf-of.ts';
import { unavailable } from '@dispatcher/kit/serving/errors.ts';
import type { Event } from '@recursiv/proto/gen/dispatcher/v1/event_pb.ts';
import type { StatsService, WatchEventsRequest } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import type { StatsDependencies } from '../dependencies.ts';
import { eventQueue } from '../event-queue.ts';
import { keptPositions } from '../sql/kept-positions.ts';
import { pageSize, readEvents } from '../sql/read-events.ts';

/**
 * Streams events as they happen. A stream that resumes from a position first reads the log until it has reached the
 * live feed. There it changes over without a gap.
 */
export function watchEvents(dependencies: StatsDependencies): ServiceImpl<typeof StatsService>['watchEvents'] {
  return async function* (request, { signal }) {
    const cursor = { at: dependencies.feed.position };
    if (request.after !== undefined) {
      const after = Number(request.after);
      const refused = await refusal(dependencies, request, after);
      if (refused) yield { reset: refused, position: refused.position };
      cursor.at = refused ? Number(refused.position) : after;
      if (!refused) yield* replay(dependencies, request, cursor, signal);
    }
    yield* live(dependencies, request, cursor.at, signal);
  };
}

/** Why a stream cannot resume from this position. Null when it can. */
async function refusal({ database: { pool } }: StatsDependencies, { organizationId, types }: WatchEventsRequest, after: number) {
  const { forgotten, newest } = await keptPositions(pool, { organizationId: organizationId ?? null, types });
  const position = BigInt(newest);
  if (after > newest) return { reason: `Position ${after} is in the future. The newest position is ${newest}.`, position };
  if (after < forgotten)
    return { reason: `Events of this stream after position ${after} are no longer kept. The last of them was at ${forgotten}.`, position };
  return null;
}

async function* replay(dependencies: StatsDependencies, request: WatchEventsRequest, cursor: { at: number }, signal: AbortSignal) {
  const { feed } = dependencies;
  while (cursor.at < feed.position && !signal.aborted) {
    const upTo = feed.position;
    const rows = await readPage(dependencies, request, cursor.at, upTo, signal);
    // A reader may have paused so long that its next events were deleted.
    if (await refusal(dependencies, request, cursor.at))
      throw unavailable('The next events are no longer kept. Resume the stream to learn which are.');
    cursor.at = rows.length === pageSize ? Number(rows.at(-1)?.position) : upTo;
    yield { events: rows.map(eventFromRow).filter((event) => wanted(request, event)), position: BigInt(cursor.at) };
  }
}

/**
 * The turn lasts as long as the reading of the page. It does not last until the reader has taken the page, because a
 * slow reader must not block other readers.
 */
async function readPage(
  { database: { pool }, replays }: StatsDependencies,
  request: WatchEventsRequest,
  after: number,
  upTo: number,
  signal: AbortSignal,
) {
  const { organizationId = null } = request;
  using _turn = await replays.take(signal, organizationOf({ organizationId }));
  return await onBehalfOf({ organizationId }, () => readEvents(pool, after, upTo, organizationId));
}

async function* live({ feed }: StatsDependencies, request: WatchEventsRequest, after: number, signal: AbortSignal) {
  using queue = eventQueue(feed, (event) => Number(event.position) > after && wanted(request, event));
  yield { events: [], position: BigInt(after) };
  for await (const batch of queue.batches(signal)) {
    if (batch === 'overflow') throw unavailable('The client did not read this stream for too long. Resume it from its last position.');
    yield { events: batch.events, position: BigInt(Math.max(after, batch.position)) };
  }
}

function wanted({ organizationId, types }: WatchEventsRequest, event: Event): boolean {
  return (organizationId === undefined || event.organizationId === organizationId) && (types.length === 0 || types.includes(event.type));
}
