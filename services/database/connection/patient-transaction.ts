import pg from 'pg';
import { patientOptions } from './connection-options.ts';

/**
 * Runs `work` in one transaction on its own connection, without the time limits of requests. It is for work that reads
 * or writes a whole table. When `giveUp` fires, the connection breaks and the transaction is rolled back.
 */
export async function patientTransaction(url: string, work: (client: pg.Client) => Promise<void>, giveUp?: AbortSignal): Promise<void> {
  const client = new pg.Client(patientOptions(url, giveUp));
  // A broken connection also emits an error event. Without a listener that event would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('BEGIN');
    await work(client);
    await client.query('COMMIT');
  } finally {
    // When nothing was committed, closing the connection rolls the transaction back.
    await client.end();
  }
}
