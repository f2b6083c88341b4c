import { randomBytes } from 'node:crypto';
import { invalidField } from '@dispatcher/kit/serving/errors.ts';
import type { Claimer } from './sql/claim-next/claim-next-task.ts';
import type { SeveralClaimer } from './sql/claim-next/claim-several.ts';

/** The length of a lease when the request names none: 30 minutes. */
const defaultLeaseSeconds = 1800;

/**
 * The claimer of this request, with a new token. An agent must not have the name that events give to a key or to the
 * admin, because it would look like one there.
 */
export function claimerOf(request: { agent: string; leaseSeconds?: number | undefined }): Claimer {
  if (/^(?:admin$|key:)/i.test(request.agent.trim()))
    throw invalidField('agent', 'must not be "admin" or begin with "key:", which name API keys in events');
  return { agent: request.agent, claimToken: newToken(), leaseSeconds: request.leaseSeconds ?? defaultLeaseSeconds };
}

/** The same for a request for several tasks, with a token for each task. */
export function severalClaimerOf(request: { agent: string; maxTasks: number; leaseSeconds?: number | undefined }): SeveralClaimer {
  const { agent, leaseSeconds } = claimerOf(request);
  return { agent, leaseSeconds, claimTokens: Array.from({ length: request.maxTasks }, newToken) };
}

/** 144 random bits. */
const newToken = () => randomBytes(18).toString('base64url');
