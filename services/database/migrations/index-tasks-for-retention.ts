import { Migration } from '@mikro-orm/migrations';

/** One index for what retention looks for: the tasks that have ended, by the last time that they did. */
export class IndexTasksForRetention extends Migration {
  override up(): void {
    this.addSql(`
-- A done task that is archived later has ended then. Not by updated_at too: every change of a task would have to rewrite the index.
CREATE INDEX tasks_ended ON tasks (greatest(completed_at, archived_at)) WHERE completed_at IS NOT NULL OR archived_at IS NOT NULL;
DROP INDEX tasks_completed, tasks_archived;
`);
  }
}
