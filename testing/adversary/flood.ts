import type { Attack } from './attack.ts';
import type { Answer, Sending, TaskClient } from './task-client.ts';

/** A request of a flood. */
export interface Shot extends Sending {
  readonly method: string;
  readonly path: string;
}

/** How many are sent at once, and what each is. */
export interface FloodOptions {
  readonly client: TaskClient;
  readonly inFlight: number;
  readonly next: (index: number) => Shot;
  /** Sees each answer. */
  readonly onAnswer?: (answer: Answer) => void;
}

/** Sends as fast as it is answered, always so many at once. Every answer that is no success counts as refused. */
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

/** An answer, with what was sent. */
interface ShotAnswer extends Answer {
  readonly shot: Shot;
}

/** Sends these once, at most so many at once. Resolves to the answers and how long all took. */
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
