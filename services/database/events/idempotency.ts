import { createHash } from 'node:crypto';
import { type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf';
import type { HandlerContext } from '@connectrpc/connect';
import { callerOf } from '@dispatcher/kit/auth/caller.ts';
import { DispatcherError, invalidField } from '@dispatcher/kit/serving/errors.ts';
import { violates } from '../connection/errors.ts';
import type { Pool } from '../connection/pool.ts';
import { Turns } from './turns.ts';

/**
 * Who asked for a change, and with which idempotency key. These are the first three parameters of every statement that
 * logs an event.
 */
export type RequestIdentity = readonly [caller: string, key: string | null, digest: Buffer | null];

/** The event that the first successful request with an idempotency key made. */
export interface KeptEvent {
  organizationId: string;
  taskId: string;
  claimToken: string | null;
  actor: string | null;
  attempt: number;
  occurredAt: Date;
}

/**
 * The identity of a request. Idempotency keys belong to an organization. An admin has none and is stored as `*`, which
 * cannot be the name of an organization.
 */
export function identityOf<T extends DescMessage>(schema: T, message: MessageShape<T>, context: HandlerContext): RequestIdentity {
  const caller = callerOf(context).organizationId ?? '*';
  const key = context.requestHeader.get('idempotency-key');
  if (!key) return [caller, null, null];
  if (key.length > 200) throw invalidField('Idempotency-Key', 'must have 1 to 200 characters');
  return [caller, key, createHash('sha256').update(schema.typeName).update(toBinary(schema, message)).digest()];
}

/** What is kept of a request that made several events, in their order. */
export type KeptEvents = readonly [KeptEvent, ...KeptEvent[]];

/** Makes sure that a request with an idempotency key has its effect only once. */
export class IdempotencyKeys {
  readonly #pool: Pool;
  readonly #turns = new Turns();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * Returns the result of `change`. When an earlier request used the key, `change` must change nothing and return
   * null. Then the result is `replay` of that request's event, or a 422 when that request asked for something else.
   * Null when nothing was changed and the key is not used. The caller then says why.
   */
  async once<T>(identity: RequestIdentity, change: () => Promise<T | null>, replay: (kept: KeptEvent) => Promise<T>): Promise<T | null> {
    return await this.onceForSeveral(identity, change, ([kept]) => replay(kept));
  }

  /** The same for a request that makes several events, in the order in which it made them. */
  async onceForSeveral<T>(identity: RequestIdentity, change: () => Promise<T | null>, replay: (kept: KeptEvents) => Promise<T>): Promise<T | null> {
    const [caller, key] = identity;
    if (key === null) return await change();
    return await this.#turns.take(`${caller} ${key}`, async () => {
      const done = await change().catch(nullIfUsedMeanwhile);
      if (done !== null) return done;
      const kept = await keptEvents(this.#pool, identity);
      return kept && (await replay(kept));
    });
  }

  /** Whether a request with this key has changed something. */
  async isUsed(identity: RequestIdentity): Promise<boolean> {
    return (await keptEvents(this.#pool, identity)) !== null;
  }
}

/** Two processes may use one key at once. The later statement then fails as a whole. */
function nullIfUsedMeanwhile(thrown: unknown): null {
  if (violates(thrown, 'task_events_idempotency')) return null;
  throw thrown;
}

async function keptEvents(pool: Pool, [caller, key, digest]: RequestIdentity): Promise<KeptEvents | null> {
  const statement = { name: 'kept-events', text: keptEventsSql, values: [caller, key, digest] };
  const { rows } = await pool.query<KeptEvent & { sameRequest: boolean }>(statement);
  const [first, ...others] = rows;
  if (!first) return null;
  if (!first.sameRequest) throw new DispatcherError('idempotency_key_reused', 'This Idempotency-Key was used for another request. Use a new one.');
  return [first, ...others];
}

const keptEvent = (condition: string) => `
SELECT id, organization_id AS "organizationId", task_id AS "taskId", claim_token AS "claimToken", actor, attempt, occurred_at AS "occurredAt",
       request_digest = $3 AS "sameRequest"
FROM task_events WHERE caller = $1 AND ${condition}`;

/** Two looks at `task_events_idempotency`: for the key itself, and for the keys that `askedForSeveral` makes of it. */
const keptEventsSql = `
${keptEvent('idempotency_key = $2')}
UNION ALL
${keptEvent(`idempotency_key > $2 || E'\\n' AND idempotency_key < $2 || E'\\x0b'`)}
ORDER BY id`;
