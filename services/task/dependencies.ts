import type { Database } from '@dispatcher/database/connection/database.ts';

/** What the handlers of the task service need. */
export interface TaskDependencies {
  readonly database: Database;
  /** Called after each commit that wrote an event. */
  readonly published: () => void;
}
