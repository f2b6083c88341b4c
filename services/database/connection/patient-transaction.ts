import pg from 'pg';
import { patientOptions } from './connection-options.ts';

/** Runs `work` in one transaction on a connection of its own, without the time limits of requests: for what reads or writes a whole table. */
export async function patientTransaction(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client(patientOptions(url));
  await client.connect();
  try {
    await client.query('BEGIN');
    await work(client);
    await client.query('COMMIT');
  } finally {
    // What was not committed ends with the connection.
    await client.end();
  }
}
