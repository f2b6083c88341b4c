import { randomBytes } from 'node:crypto';
import type { Claimer } from './sql/claim-next-task.ts';

/** The length of a lease when the request names none: 30 minutes. */
const defaultLeaseSeconds = 1800;

/** Who claims with this request. The token is new: 144 random bits. */
export function claimerOf(request: { agent: string; leaseSeconds?: number | undefined }): Claimer {
  return { agent: request.agent, claimToken: randomBytes(18).toString('base64url'), leaseSeconds: request.leaseSeconds ?? defaultLeaseSeconds };
}
