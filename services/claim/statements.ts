import { Batcher } from '@dispatcher/database/batching/batcher.ts';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { ClaimNextBatches } from './claim-next-batches.ts';
import { completeStatement } from './sql/complete-tasks.ts';
import { heartbeatStatement } from './sql/heartbeat-tasks.ts';
import { releaseStatement } from './sql/release-tasks.ts';

/** The hot statements of the claim service, which concurrent requests share. */
export type ClaimStatements = ReturnType<typeof createClaimStatements>;

/** Makes them for the requests of one process. */
export const createClaimStatements = (pool: Pool) => ({
  claimNext: new ClaimNextBatches(pool),
  complete: new Batcher(completeStatement(pool)),
  heartbeat: new Batcher(heartbeatStatement(pool)),
  release: new Batcher(releaseStatement(pool)),
});
