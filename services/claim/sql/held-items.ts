import type { Holder } from '../holder.ts';
import { liveClaim } from './live-claim.ts';

/** The claim that an item means. */
export type ClaimItem = Pick<Holder, 'organizationId' | 'taskId' | 'claimToken' | 'agent'>;

/** What an item says of the claim it means. */
export const heldItems = 'asked_token text COLLATE "C", asked_agent text';

/** The values of these columns, and the task. */
export function claimItemColumns({ organizationId, taskId, claimToken, agent }: ClaimItem | Holder) {
  return { organization_id: organizationId, id: taskId, asked_token: claimToken, asked_agent: agent };
}

/** The same for an item that writes an event: `person` acts on the live claim, whoever holds it. */
export const holderItems = `${heldItems}, person text`;

/** The values of these columns, and the task. */
export function holderColumns(holder: Holder) {
  const { claimToken, agent, caller } = holder;
  return { ...claimItemColumns(holder), person: claimToken === null && agent === null ? caller : null };
}

/**
 * The CTE `locked`: the items of `asked` whose claim is live and the holder's, with their tasks locked. It waits for
 * nobody: a task that another request has locked is left out. One look at the primary key for each item.
 */
export const lockedItems = `
locked AS MATERIALIZED (
  SELECT asked.* FROM asked CROSS JOIN LATERAL (
    SELECT FROM tasks WHERE organization_id = asked.organization_id AND id = asked.id AND ${liveClaim('asked.asked_token', 'asked.asked_agent')}
    FOR UPDATE SKIP LOCKED
  ) AS mine
)`;
