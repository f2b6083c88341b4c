import { runCommand } from '@dispatcher/kit/lifecycle/run-main.ts';
import { migrateSettings, readMigrateSettings } from './config.ts';
import { migrate } from './migrations/migrate.ts';

const usage = { command: 'npm run migrate', about: 'Brings the schema of the database up to date.', settings: migrateSettings };

await runCommand(usage, async () => {
  await migrate(readMigrateSettings().DATABASE_URL);
  process.stdout.write('The database has the newest schema.\n');
});
