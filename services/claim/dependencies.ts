import type { Database } from '@dispatcher/database/connection/database.ts';
import type { WaitingClaims } from './waiting-claims.ts';

/** What the handlers of the claim service work with. */
export interface ClaimDependencies {
  readonly database: Database;
  /** Claims that may end without done or `completed` before the server holds a task. */
  readonly maxAttempts: number;
  /** Called after each commit that wrote an event. */
  readonly published: () => void;
  /** The callers of claim-next that wait for a task. */
  readonly waiting: WaitingClaims;
}
