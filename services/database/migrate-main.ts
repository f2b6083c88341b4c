import { runMain } from '@dispatcher/kit/lifecycle/run-main.ts';
import { readMigrateSettings } from './config.ts';
import { migrate } from './migrations/migrate.ts';

await runMain(async () => {
  await migrate(readMigrateSettings().DATABASE_URL);
  process.stdout.write('The database has the newest schema.\n');
});
