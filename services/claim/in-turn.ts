import { setTimeout as sleep } from 'node:timers/promises';
import { unavailable } from '@dispatcher/kit/serving/errors.ts';
import { othersTurn } from './sql/claim-next/claim-next-task.ts';

/** About 5 s in all. The other request is one statement, so a second attempt is rare. */
const turnAttempts = 100;
const turnPauseMs = 50;

/** Repeats a claim while another process works on a request with the same idempotency key. */
export async function inTurn<T>(claim: () => Promise<T | typeof othersTurn>): Promise<T> {
  for (let attempt = 0; attempt < turnAttempts; attempt++) {
    const answer = await claim();
    if (answer !== othersTurn) return answer;
    await sleep(turnPauseMs * (0.5 + Math.random()));
  }
  throw unavailable('Another request with this Idempotency-Key is still running. Repeat the request in a moment.');
}
