import { Migration } from '@mikro-orm/migrations';

/** The id of the installation. It is the same in all processes. */
export class NameTheInstallation extends Migration {
  override up(): void {
    this.addSql(`
-- Messages on the bus carry it, so that two installations on one NATS ignore each other's messages.
ALTER TABLE settings ADD COLUMN installation_id text NOT NULL DEFAULT gen_random_uuid()::text;
`);
  }
}
