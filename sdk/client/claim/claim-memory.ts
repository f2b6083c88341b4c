import type { Claim } from '../outputs.ts';

/** The token of a claim, and the organization of its task. */
export interface Fence {
  readonly claim_token: string;
  readonly organization_id: string;
}

/** What a caller said about which claim it means. */
export interface ClaimRef {
  readonly id: string;
  readonly organizationId?: string | undefined;
  readonly agent?: string | undefined;
}

interface Remembered extends Fence {
  readonly agent: string;
}

/** Many more than one process works on at once. Only lost claims can pile up. */
const mostTasks = 10_000;

/**
 * Remembers the token of each claim that the client made, so that later calls are fenced. A lost claim stays remembered
 * until the task is claimed again, so a late `complete(id)` is refused and does not end the claim of somebody else.
 */
export class ClaimMemory {
  readonly #byTask = new Map<string, Map<string, Remembered>>();

  /** Keeps the token of a new claim. */
  remember(claim: Claim): void {
    if (claim.claim_token === undefined) return;
    const inOrganizations = this.#byTask.get(claim.task_id) ?? new Map<string, Remembered>();
    inOrganizations.set(claim.organization_id, { claim_token: claim.claim_token, organization_id: claim.organization_id, agent: claim.agent });
    this.#byTask.delete(claim.task_id);
    this.#byTask.set(claim.task_id, inOrganizations);
    this.#dropOldest();
  }

  /**
   * The fence of the claim that the call means. None when the caller names another agent, or when the id exists in
   * several organizations.
   */
  find({ id, organizationId, agent }: ClaimRef): Fence | undefined {
    const known = [...(this.#byTask.get(id)?.values() ?? [])].filter((one) => organizationId === undefined || one.organization_id === organizationId);
    const [only] = known;
    if (only === undefined || known.length > 1 || (agent !== undefined && agent !== only.agent)) return undefined;
    return { claim_token: only.claim_token, organization_id: only.organization_id };
  }

  /** Forgets a claim that ended, unless the task was claimed again before the answer arrived. */
  forget(id: string, claimToken: string | undefined): void {
    const inOrganizations = this.#byTask.get(id);
    for (const [organizationId, known] of inOrganizations ?? []) {
      if (known.claim_token === claimToken) inOrganizations?.delete(organizationId);
    }
    if (inOrganizations?.size === 0) this.#byTask.delete(id);
  }

  #dropOldest(): void {
    if (this.#byTask.size <= mostTasks) return;
    const oldest = this.#byTask.keys().next();
    if (!oldest.done) this.#byTask.delete(oldest.value);
  }
}
