import { patientTransaction } from '@dispatcher/database/connection/patient-transaction.ts';
import { embeddedPostgresUrl } from '../postgres/embedded-postgres.ts';
import { readCountsSettings } from './config.ts';

/** The URL of the database that the settings name. Throws when it does not answer. */
export async function findDatabase(): Promise<string> {
  const { databaseUrl, dataDir } = readCountsSettings();
  const url = databaseUrl ?? (await embeddedPostgresUrl(dataDir));
  await patientTransaction(url, async () => undefined).catch((cause: unknown) => {
    const which = databaseUrl === undefined ? `of the data folder ${dataDir}` : 'of DATABASE_URL';
    const reason = cause instanceof Error ? cause.message : cause;
    throw new Error(`The database ${which} does not answer (${reason}). Start Dispatcher with \`npm start\`, or correct the setting.`, { cause });
  });
  return url;
}
