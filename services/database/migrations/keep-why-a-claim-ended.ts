import { Migration } from '@mikro-orm/migrations';

/** Columns in an event for what the holder said at a release. */
export class KeepWhyAClaimEnded extends Migration {
  override up(): void {
    this.addSql(`
-- New columns without a default rewrite no row, and the previous release works on without them.
ALTER TABLE task_events ADD COLUMN release_reason text, ADD COLUMN notes text, ADD COLUMN available_at timestamptz;
`);
  }
}
