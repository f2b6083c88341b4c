import pg from 'pg';
import { patientOptions } from './connection-options.ts';

/**
 * Runs `work` in one transaction on a connection of its own, without the time limits of requests: for what reads or
 * writes a whole table. When `giveUp` fires, the connection breaks and the transaction is rolled back.
 */
export async function patientTransaction(url: string, work: (client: pg.Client) => Promise<void>, giveUp?: AbortSignal): Promise<void> {
  const client = new pg.Client(patientOptions(url, giveUp));
  // A connection that breaks says so besides failing its statement; without a listener it would end the process.
  client.on('error', () => undefined);
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
