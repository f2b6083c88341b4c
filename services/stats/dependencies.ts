import type { Database } from '@dispatcher/database/database.ts';
import type { EventFeed } from './event-feed.ts';
import type { ReplaySlots } from './replay-slots.ts';

/** What the handlers of the stats service work with. */
export interface StatsDependencies {
  readonly database: Database;
  /** The events as they get their positions. */
  readonly feed: EventFeed;
  /** Bounds how many streams read the log at once. */
  readonly replays: ReplaySlots;
}
