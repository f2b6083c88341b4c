import type { Database } from '@dispatcher/database/connection/database.ts';

/** What the handlers of the key service need. */
export interface KeyDependencies {
  readonly database: Database;
}
