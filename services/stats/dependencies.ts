import type { Database } from '@dispatcher/database/connection/database.ts';
import type { Semaphore } from '@dispatcher/kit/admission/semaphore.ts';
import type { EventFeed } from './event-feed.ts';

/** What the handlers of the stats service need. */
export interface StatsDependencies {
  readonly database: Database;
  /** The live events, which arrive when they get their positions. */
  readonly feed: EventFeed;
  /** Limits how many streams read the log at once. The others wait their turn before each page. */
  readonly replays: Semaphore;
}
