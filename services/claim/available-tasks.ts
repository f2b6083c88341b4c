import { fromBinary } from '@bufbuild/protobuf';
import type { EventBus } from '@dispatcher/kit/bus/event-bus.ts';
import { startLoop } from '@dispatcher/kit/lifecycle/loop.ts';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import { EventSchema } from '@recursiv/proto/gen/dispatcher/v1/event_pb.ts';
import type { ClaimDependencies } from './dependencies.ts';
import { readyQueues } from './sql/ready-queues.ts';

/** Should a message be lost, or a task become ready without an event, those who wait hear of it by then. */
const probeIntervalMs = 1000;

/** Offers tasks to the waiting callers of claim-next: by the events that make a task pending and, as the backstop, by one probe a second for all of them. */
export function startAvailableTasks(
  { database: { pool }, waiting }: Pick<ClaimDependencies, 'database' | 'waiting'>,
  bus: EventBus,
  log: Log,
): AsyncDisposable {
  const messages = bus.subscribe('events.>', (payload) => {
    if (waiting.size === 0) return;
    const { organizationId, task } = fromBinary(EventSchema, payload);
    if (task?.status === 'pending') waiting.offer({ organizationId, ...task });
  });
  const probe = startLoop('probe for waiting claims', probeIntervalMs, log, async () => {
    if (waiting.size === 0) return false;
    for (const queue of await readyQueues(pool, waiting.queues())) waiting.offerToEachFilter(queue);
    return false;
  });
  return {
    async [Symbol.asyncDispose]() {
      messages[Symbol.dispose]();
      await probe[Symbol.asyncDispose]();
    },
  };
}
