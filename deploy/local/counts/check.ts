import { patientTransaction } from '@dispatcher/database/connection/patient-transaction.ts';
import { runCommand } from '@dispatcher/kit/lifecycle/run-main.ts';
import { wrongCounts } from '@dispatcher/stats/sql/wrong-counts.ts';
import { countsSettings } from './config.ts';
import { findDatabase } from './find-database.ts';

const about = `Compares the counts of /stats with the tasks, while Dispatcher runs or not. Ends with 1 when they differ.
The database is DATABASE_URL, or the embedded one of a running \`npm start\`.`;

await runCommand({ command: 'npm run stats:check', about, settings: countsSettings }, async () => {
  await patientTransaction(await findDatabase(), async (client) => {
    const wrong = await wrongCounts(client);
    for (const { organizationId, dimension, value, counted, expected } of wrong) {
      console.log(`${organizationId}: ${counted} tasks of ${dimension} ${JSON.stringify(value)}, but there are ${expected}`);
    }
    console.log(wrong.length === 0 ? 'The counts are right.' : 'The counts are wrong. `npm run stats:rebuild` counts again.');
    if (wrong.length > 0) process.exitCode = 1;
  });
});
