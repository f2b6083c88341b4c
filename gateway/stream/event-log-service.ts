import { once } from 'node:events';
import { create } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import type { Routes } from '@dispatcher/kit/serving/routes.ts';
import { EventSchema, type Event as TaskEvent } from '@recursiv/proto/gen/dispatcher/v1/event_pb.ts';
import { StatsService, type WatchEventsRequest } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';

/** A neighbour for the stream's tests: a log in memory that answers WatchEvents as the contract says. */
export interface EventLogService {
  readonly routes: Routes;
  /** Appends an event of each organization named, and tells those who watch. */
  append(...organizations: string[]): void;
  /** Forgets the events up to here, as after their retention. */
  forget(position: number): void;
  /** Breaks every open stream. */
  breakStreams(): void;
  /** How many streams are open now. */
  readonly open: number;
}

const pageSize = 500;

/**
 * Makes an empty one. Odd positions are `task.created`, even ones `task.completed`; the events are of tasks with this
 * title.
 */
export function createEventLogService(title = ''): EventLogService {
  let events: TaskEvent[] = [];
  let newest = 0;
  let oldest = 1;
  let open = 0;
  const changed = new EventTarget();
  let breaking = new AbortController();

  async function* watch(request: WatchEventsRequest, signal: AbortSignal) {
    const end = AbortSignal.any([signal, breaking.signal]);
    let at = request.after === undefined ? newest : Number(request.after);
    if (at > newest || at + 1 < oldest) {
      at = newest;
      yield { reset: { reason: 'not kept', position: BigInt(at) }, position: BigInt(at) };
    }
    while (!end.aborted) {
      const upTo = Math.min(newest, at + pageSize);
      yield {
        events: events.filter((event) => Number(event.position) > at && Number(event.position) <= upTo && wanted(request, event)),
        position: BigInt(upTo),
      };
      at = upTo;
      if (newest === at) await once(changed, 'append', { signal: end }).catch(() => undefined);
    }
    breaking.signal.throwIfAborted();
  }

  return {
    routes: (router) =>
      router.service(StatsService, {
        async *watchEvents(request, { signal }) {
          open += 1;
          try {
            yield* watch(request, signal);
          } finally {
            open -= 1;
          }
        },
      }),
    append(...organizations) {
      for (const organizationId of organizations) {
        newest += 1;
        const type = newest % 2 === 1 ? 'task.created' : 'task.completed';
        events.push(
          create(EventSchema, {
            position: BigInt(newest),
            type,
            organizationId,
            taskId: `t${newest}`,
            occurredAt: timestampNow(),
            task: { id: `t${newest}`, title },
          }),
        );
      }
      changed.dispatchEvent(new Event('append'));
    },
    forget(position) {
      oldest = position + 1;
      events = events.filter((event) => Number(event.position) >= oldest);
    },
    breakStreams() {
      breaking.abort();
      breaking = new AbortController();
    },
    get open() {
      return open;
    },
  };
}

function wanted({ organizationId, types }: WatchEventsRequest, event: TaskEvent): boolean {
  return (organizationId === undefined || event.organizationId === organizationId) && (types.length === 0 || types.includes(event.type));
}
