import type { Database } from '@dispatcher/database/connection/database.ts';
import type { ClaimStatements } from './statements.ts';
import type { WaitingClaims } from './waiting-claims.ts';

/** What the handlers of the claim service need. */
export interface ClaimDependencies {
  readonly database: Database;
  readonly statements: ClaimStatements;
  /** The number of claims that may end without done or `completed`. After that many the server holds the task. */
  readonly maxAttempts: number;
  /** Called after each commit that wrote an event. */
  readonly published: () => void;
  /** The callers of claim-next that wait for a task. */
  readonly waiting: WaitingClaims;
}
