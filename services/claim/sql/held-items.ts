import type { Holder } from '../holder.ts';
import { liveClaim } from './live-claim.ts';

/** The claim that an item is about. */
export type ClaimItem = Pick<Holder, 'organizationId' | 'taskId' | 'claimToken' | 'agent'>;

/** The columns of an item that identify its claim. */
export const heldItems = 'asked_token text COLLATE "C", asked_agent text';

/** The values of these columns, and the task. */
export function claimItemColumns({ organizationId, taskId, claimToken, agent }: ClaimItem | Holder) {
  return { organization_id: organizationId, id: taskId, asked_token: claimToken, asked_agent: agent };
}

/** The same for an item that writes an event. With `person` it acts on the live claim, whoever holds it. */
export const holderItems = `${heldItems}, person text`;

/** The values of these columns, and the task. */
export function holderColumns(holder: Holder) {
  const { claimToken, agent, caller } = holder;
  return { ...claimItemColumns(holder), person: claimToken === null && agent === null ? caller : null };
}

/**
 * The CTE `locked`: the items of `asked` whose claim is live and belongs to the holder, with their tasks locked. It
 * does not wait for locks: it leaves out a task that another request has locked. It looks at the primary key once for
 * each item.
 */
export const lockedItems = `
locked AS MATERIALIZED (
  SELECT asked.* FROM asked CROSS JOIN LATERAL (
    SELECT FROM tasks WHERE organization_id = asked.organization_id AND id = asked.id AND ${liveClaim('asked.asked_token', 'asked.asked_agent')}
    FOR UPDATE SKIP LOCKED
  ) AS mine
)`;
