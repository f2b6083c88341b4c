import { Migration } from '@mikro-orm/migrations';

/** An id of the installation, which is the same in all of its processes. */
export class NameTheInstallation extends Migration {
  override up(): void {
    this.addSql(`
-- Messages on the bus carry it, so that two installations on one NATS take none of each other's.
ALTER TABLE settings ADD COLUMN installation_id text NOT NULL DEFAULT gen_random_uuid()::text;
`);
  }
}
