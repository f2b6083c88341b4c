import type { Attack } from './attack.ts';
import type { Answer, Sending, TaskClient } from './task-client.ts';

/** A request of a flood. */
export interface Shot extends Sending {
  readonly method: string;
  readonly path: string;
}

/** How many requests are in flight at once, and what each of them is. */
export interface FloodOptions {
  readonly client: TaskClient;
  readonly inFlight: number;
  readonly next: (index: number) => Shot;
  /** Called with each answer. */
  readonly onAnswer?: (answer: Answer) => void;
}

/**
 * Keeps this many requests in flight, and sends a new one as soon as one is answered. Every answer except a success
 * counts as refused.
 */
export function startFlood({ client, inFlight, next, onAnswer }: FloodOptions): Attack {
  const stop = new AbortController();
  let index = 0;
  let refused = 0;
  const loop = async () => {
    while (!stop.signal.aborted) {
      const { method, path, ...sending } = next(index++);
      const answer = await client.send(method, path, { ...sending, signal: stop.signal });
      if (stop.signal.aborted) return;
      if (answer.status >= 300 || answer.status === 0) refused += 1;
      onAnswer?.(answer);
    }
  };
  const running = Promise.all(Array.from({ length: inFlight }, loop));
  return {
    async stop() {
      stop.abort();
      await running;
      return refused;
    },
  };
}

/** An answer and its request. */
interface ShotAnswer extends Answer {
  readonly shot: Shot;
}

/**
 * Sends these requests once, with at most this many in flight. Resolves to the answers and the time that all of them
 * took.
 */
export async function sendAll(client: TaskClient, inFlight: number, shots: readonly Shot[]): Promise<{ answers: ShotAnswer[]; ms: number }> {
  const start = performance.now();
  const answers: ShotAnswer[] = [];
  let index = 0;
  const loop = async () => {
    for (let shot = shots[index++]; shot; shot = shots[index++]) {
      const { method, path, ...sending } = shot;
      answers.push({ shot, ...(await client.send(method, path, sending)) });
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  return { answers, ms: performance.now() - start };
}
