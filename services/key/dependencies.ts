import type { Database } from '@dispatcher/database/connection/database.ts';

/** What the handlers of the key service work with. */
export interface KeyDependencies {
  readonly database: Database;
}
