import { patientTransaction } from '@dispatcher/database/connection/patient-transaction.ts';
import { rebuildCounts } from '@dispatcher/stats/sql/rebuild-counts.ts';
import { wrongCounts } from '@dispatcher/stats/sql/wrong-counts.ts';
import { readLocalSettings } from './config.ts';
import { embeddedPostgresUrl } from './postgres/embedded-postgres.ts';

const help = `Looks after the counts behind /stats, while Dispatcher runs or not.

  pnpm stats:check      compares them with a full count of the tasks; exit code 1 when they differ
  pnpm stats:rebuild    counts all tasks anew

The database is DATABASE_URL or, without it, the embedded one of a running \`npm start\` (DISPATCHER_DATA_DIR).`;

const commands: Record<string, (url: string) => Promise<void>> = { check, rebuild };

try {
  const command = commands[process.argv[2] ?? ''];
  if (command) await command(await databaseUrl());
  else console.log(help);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function check(url: string): Promise<void> {
  await patientTransaction(url, async (client) => {
    const wrong = await wrongCounts(client);
    for (const { organizationId, dimension, value, counted, expected } of wrong) {
      console.log(`${organizationId}: ${counted} tasks of ${dimension} ${JSON.stringify(value)}, but there are ${expected}`);
    }
    console.log(wrong.length === 0 ? 'The counts are right.' : '`pnpm stats:rebuild` counts anew.');
    if (wrong.length > 0) process.exitCode = 1;
  });
}

async function rebuild(url: string): Promise<void> {
  await rebuildCounts(url);
  console.log('All tasks were counted anew.');
}

async function databaseUrl(): Promise<string> {
  const settings = readLocalSettings();
  const url = settings.databaseUrl ?? (await embeddedPostgresUrl(settings.dataDir));
  await patientTransaction(url, async () => undefined).catch((cause: unknown) => {
    throw new Error('The database does not answer. Start Dispatcher with `npm start`, or set DATABASE_URL.', { cause });
  });
  return url;
}
