import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../clock.ts';
import type { Db } from '../environment/db.ts';
import type { Expiry, History } from '../history.ts';
import type { Random } from '../random.ts';

/**
 * Ends some leases by SQL, as if their time had passed. The shortest lease is 30 s, so few leases would end by
 * themselves in a run of half a minute. A lease may end at any moment of a claim.
 */
export async function endLeases(db: Db, history: History, random: Random, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(random.integer(100, 600));
    await endSome(db, history).catch(() => undefined);
  }
}

async function endSome(db: Db, history: History): Promise<void> {
  const rows = await db.query<LiveClaim>(liveSql);
  await Promise.all(rows.map((row) => endOne(db, history, row)));
}

interface LiveClaim {
  organizationId: string;
  taskId: string;
  token: string;
}

async function endOne(db: Db, history: History, claim: LiveClaim): Promise<void> {
  const sentAt = now();
  const record = (endedAt: number | null) => history.expiries.push({ ...claim, sentAt, endedAt } satisfies Expiry);
  try {
    const ended = await db.query(endSql, [claim.organizationId, claim.taskId, claim.token]);
    if (ended.length > 0) record(now());
  } catch {
    record(null);
  }
}

const liveSql = `
SELECT organization_id AS "organizationId", id AS "taskId", claim_token AS token FROM tasks
WHERE status = 'claimed' AND expires_at > clock_timestamp() ORDER BY random() LIMIT 3`;

const endSql = `
UPDATE tasks SET expires_at = clock_timestamp() WHERE organization_id = $1 AND id = $2 AND claim_token = $3
  AND status = 'claimed' AND expires_at > clock_timestamp()
RETURNING id`;
