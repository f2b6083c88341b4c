import { runCommand } from '@dispatcher/kit/lifecycle/run-main.ts';
import { rebuildCounts } from '@dispatcher/stats/sql/rebuild-counts.ts';
import { countsSettings } from './config.ts';
import { findDatabase } from './find-database.ts';

const about = `Counts all tasks again for /stats, while Dispatcher runs or not.
The database is DATABASE_URL, or the embedded one of a running \`npm start\`.`;

await runCommand({ command: 'npm run stats:rebuild', about, settings: countsSettings }, async () => {
  await rebuildCounts(await findDatabase());
  console.log('All tasks were counted again.');
});
