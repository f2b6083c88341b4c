import { Migration } from '@mikro-orm/migrations';

/** Room in an event for what the holder said when it gave the task back. */
export class KeepWhyAClaimEnded extends Migration {
  override up(): void {
    this.addSql(`
-- Columns without a default change no row, however many there are, and the previous release works on without them.
ALTER TABLE task_events ADD COLUMN release_reason text, ADD COLUMN notes text, ADD COLUMN available_at timestamptz;
`);
  }
}
