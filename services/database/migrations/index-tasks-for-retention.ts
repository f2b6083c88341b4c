import { Migration } from '@mikro-orm/migrations';

/** One index for retention: the tasks that have ended, by the time at which they ended. */
export class IndexTasksForRetention extends Migration {
  override up(): void {
    this.addSql(`
-- A done task that is archived later ends at that time. The index has no updated_at, because each change of a task
-- would change it.
CREATE INDEX tasks_ended ON tasks (greatest(completed_at, archived_at)) WHERE completed_at IS NOT NULL OR archived_at IS NOT NULL;
DROP INDEX tasks_completed, tasks_archived;
`);
  }
}
