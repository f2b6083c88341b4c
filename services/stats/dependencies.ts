import type { Database } from '@dispatcher/database/connection/database.ts';
import type { Semaphore } from '@dispatcher/kit/admission/semaphore.ts';
import type { EventFeed } from './event-feed.ts';

/** What the handlers of the stats service work with. */
export interface StatsDependencies {
  readonly database: Database;
  /** The events as they get their positions. */
  readonly feed: EventFeed;
  /** Bounds how many streams read the log at once; the others wait their turn, page by page. */
  readonly replays: Semaphore;
}
