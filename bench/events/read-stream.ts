import { Agent, get, type IncomingMessage } from 'node:http';
import { now } from '@dispatcher/testing/faults/clock.ts';
import type { World } from '@dispatcher/testing/faults/environment/environment.ts';
import { framesOf } from '@dispatcher/testing/faults/load/stream-frames.ts';
import { z } from 'zod';

const agent = new Agent({ keepAlive: false });

/**
 * Opens an event stream with the admin key. Calls `listener` with the delay of each event: from the time it occurred,
 * by the clock of the database, to its arrival.
 */
export async function readStream({ nodes, adminKey }: World, listener: (delayMs: number) => void): Promise<Disposable> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { authorization: `Bearer ${adminKey}` };
  const request = get(`${nodes[0].url}/api/v1/dispatcher/stream`, { agent, headers }, resolve).once('error', reject);
  const response = await promise;
  const read = async () => {
    for await (const { event, data } of framesOf(response)) {
      if (event) listener(now() - Date.parse(eventData.parse(JSON.parse(data)).occurred_at));
    }
  };
  // The reading ends with an error when the stream is disposed.
  read().catch(() => undefined);
  return { [Symbol.dispose]: () => void request.destroy() };
}

const eventData = z.object({ occurred_at: z.string() });
