import { Batcher } from '@dispatcher/database/batching/batcher.ts';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { inTurn } from './in-turn.ts';
import type { othersTurn } from './sql/claim-next/claim-next-task.ts';
import { type ClaimNextItem, claimNextStatement, filterSet } from './sql/claim-next/claim-next-tasks.ts';

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
    return await inTurn(() => batcher.run(item, signal));
  }

  #batcherFor(name: string): Batcher<ClaimNextItem, TaskRow | typeof othersTurn> {
    const batcher = this.#batchers.get(name) ?? new Batcher(claimNextStatement(this.#pool));
    this.#batchers.set(name, batcher);
    return batcher;
  }
}
