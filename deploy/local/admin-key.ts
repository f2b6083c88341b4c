import { randomBytes } from 'node:crypto';
import { patientTransaction } from '@dispatcher/database/connection/patient-transaction.ts';

/** The places that may have the admin key of a start. */
export interface AdminKeySources {
  /** DISPATCHER_API_KEY. */
  readonly set: string | undefined;
  /** The saved key in the data folder. */
  readonly saved: string | undefined;
  /** A database with the newest schema. */
  readonly databaseUrl: string;
  readonly print: (text: string) => void;
}

/**
 * Returns the admin key of the setting, else the saved one, else a new one. The key is not in the database, so a second
 * start on the same database creates another key, and says so.
 */
export async function chooseAdminKey({ set, saved, databaseUrl, print }: AdminKeySources): Promise<string> {
  const known = set ?? saved;
  if (known !== undefined) return known;
  if (await hasKeys(databaseUrl)) print(secondKey);
  return createAdminKey();
}

/** A new admin key of 256 random bits. */
function createAdminKey(): string {
  return `sk_admin_${randomBytes(32).toString('base64url')}`;
}

async function hasKeys(databaseUrl: string): Promise<boolean> {
  let found = false;
  await patientTransaction(databaseUrl, async (client) => {
    const { rows } = await client.query('SELECT FROM api_keys LIMIT 1');
    found = rows.length > 0;
  });
  return found;
}

const secondKey = `This database was used before with an admin key that is not in this data folder, so this start makes a new one.
The earlier one works only where it was made. To have one admin key everywhere, set DISPATCHER_API_KEY.
`;
