import { createHash } from 'node:crypto';
import { type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf';
import type { HandlerContext } from '@connectrpc/connect';
import { callerOf } from '@dispatcher/kit/auth/caller.ts';
import { DispatcherError, invalidField } from '@dispatcher/kit/serving/errors.ts';
import { violates } from '../connection/errors.ts';
import type { Pool } from '../connection/pool.ts';

/** Who asked for a change, and under which idempotency key: the first three parameters of every statement that logs an event. */
export type RequestIdentity = readonly [caller: string, key: string | null, digest: Buffer | null];

/** What is kept of the first success under an idempotency key: the event that it made. */
export interface KeptEvent {
  organizationId: string;
  taskId: string;
  claimToken: string | null;
  actor: string | null;
  attempt: number;
  occurredAt: Date;
}

/** The identity of a request. Keys are kept per organization; the admin, who has none, is written `*`, which no organization can be called. */
export function identityOf<T extends DescMessage>(schema: T, message: MessageShape<T>, context: HandlerContext): RequestIdentity {
  const caller = callerOf(context).organizationId ?? '*';
  const key = context.requestHeader.get('idempotency-key');
  if (!key) return [caller, null, null];
  if (key.length > 200) throw invalidField('Idempotency-Key', 'must have 1 to 200 characters');
  return [caller, key, createHash('sha256').update(schema.typeName).update(toBinary(schema, message)).digest()];
}

/**
 * Runs `change`, which makes its event under the identity's key or fails. Where it fails, or answers null since there is nothing to do, and an
 * earlier request with the same key succeeded, the answer is `replay` of what that one did; where that one asked for something else it is a 422.
 */
export async function once<T>(
  pool: Pool,
  identity: RequestIdentity,
  change: () => Promise<T | null>,
  replay: (kept: KeptEvent) => Promise<T>,
): Promise<T | null> {
  let refusal: unknown = null;
  try {
    const done = await change();
    if (done !== null || identity[1] === null) return done;
  } catch (thrown) {
    if (identity[1] === null || !mayBeRepeat(thrown)) throw thrown;
    refusal = thrown;
  }
  const kept = await keptEvent(pool, identity);
  if (kept) return await replay(kept);
  if (refusal !== null) throw refusal;
  return null;
}

/** Only these can come of an earlier success under the same key; a lost connection, say, cannot. */
function mayBeRepeat(thrown: unknown): boolean {
  return (
    violates(thrown, 'task_events_idempotency') || (thrown instanceof DispatcherError && (thrown.reason === 'not_found' || statusIsConflict(thrown)))
  );
}

const statusIsConflict = (error: DispatcherError): boolean =>
  ['already_claimed', 'not_claimed', 'claim_lost', 'already_done', 'archived', 'duplicate_id'].includes(error.reason);

async function keptEvent(pool: Pool, [caller, key, digest]: RequestIdentity): Promise<KeptEvent | null> {
  const { rows } = await pool.query<KeptEvent & { sameRequest: boolean }>({ name: 'kept-event', text: keptEventSql, values: [caller, key, digest] });
  const kept = rows[0];
  if (!kept) return null;
  if (!kept.sameRequest) throw new DispatcherError('idempotency_key_reused', 'This Idempotency-Key was used for another request; take a new one.');
  return kept;
}

const keptEventSql = `
SELECT organization_id AS "organizationId", task_id AS "taskId", claim_token AS "claimToken", actor, attempt, occurred_at AS "occurredAt",
       request_digest = $3 AS "sameRequest"
FROM task_events WHERE caller = $1 AND idempotency_key = $2`;
