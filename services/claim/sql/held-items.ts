import type { Holder } from '../holder.ts';
import { liveClaim } from './live-claim.ts';

/** What a holder's item says of the claim it means. `person` acts on the live claim, whoever holds it. */
export const heldItems = 'asked_token text COLLATE "C", asked_agent text, person text';

/** The values of these columns, and the task. */
export function holderColumns({ organizationId, taskId, claimToken, agent, caller }: Holder) {
  const person = claimToken === null && agent === null ? caller : null;
  return { organization_id: organizationId, id: taskId, asked_token: claimToken, asked_agent: agent, person };
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
