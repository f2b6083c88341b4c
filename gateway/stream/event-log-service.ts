import { once } from 'node:events';
import { create } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import type { Routes } from '@dispatcher/kit/serving/routes.ts';
import { EventSchema, type Event as TaskEvent } from '@recursiv/proto/gen/dispatcher/v1/event_pb.ts';
import { StatsService, type WatchEventsRequest } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';

/** A service for the tests of the stream: a log in memory that answers WatchEvents by the contract. */
export interface EventLogService {
  readonly routes: Routes;
  /** Appends one event for each of these organizations, and sends them to the streams. */
  append(...organizations: string[]): void;
  /** Deletes the events up to this position, as retention does. */
  forget(position: number): void;
  /** Breaks every open stream. */
  breakStreams(): void;
  /** The number of open streams. */
  readonly open: number;
}

const pageSize = 500;

/**
 * Creates an empty log. Events at odd positions are `task.created`, at even positions `task.completed`. Their tasks
 * have this title.
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
