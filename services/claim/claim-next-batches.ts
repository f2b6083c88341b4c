import { setTimeout as sleep } from 'node:timers/promises';
import { Batcher } from '@dispatcher/database/batching/batcher.ts';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { unavailable } from '@dispatcher/kit/serving/errors.ts';
import { othersTurn } from './sql/claim-next-task.ts';
import { type ClaimNextItem, claimNextStatement, filterSet } from './sql/claim-next-tasks.ts';

/** About 5 s in all. The other request is one statement, so a second attempt is rare. */
const turnAttempts = 100;
const turnPauseMs = 50;

/** A batcher for each set of filters that callers of claim-next use: 17 at most. */
export class ClaimNextBatches {
  readonly #pool: Pool;
  readonly #batchers = new Map<string, Batcher<ClaimNextItem, TaskRow | typeof othersTurn>>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Claims the first task that the filter matches. Null when there is none, or when the request is a repeat. */
  async run(item: ClaimNextItem, signal?: AbortSignal): Promise<TaskRow | null> {
    const batcher = this.#batcherFor(filterSet(item.filter));
    for (let attempt = 0; attempt < turnAttempts; attempt++) {
      const answer = await batcher.run(item, signal);
      if (answer !== othersTurn) return answer;
      await sleep(turnPauseMs * (0.5 + Math.random()));
    }
    throw unavailable('Another request with this Idempotency-Key is still running. Repeat the request in a moment.');
  }

  #batcherFor(name: string): Batcher<ClaimNextItem, TaskRow | typeof othersTurn> {
    const batcher = this.#batchers.get(name) ?? new Batcher(claimNextStatement(this.#pool));
    this.#batchers.set(name, batcher);
    return batcher;
  }
}
