import { useDatabase } from '@dispatcher/testing/harness/use-database.ts';
import { expect, test } from 'vitest';
import { Pool } from './pool.ts';
import { refuseUnsafeServer } from './refuse-unsafe-server.ts';

test('a server that may lose data in a crash is refused, with every reason', async () => {
  // The server of the tests does not wait for the disk, because no test cuts the power.
  await using database = await useDatabase();
  const pool = new Pool(database.url, 1);
  await using _closed = { [Symbol.asyncDispose]: () => pool.end() };
  const refusal = refuseUnsafeServer(pool);
  await expect(refusal).rejects.toThrow('fsync is off: a crash of the machine would lose or damage the data. Set it to on.');
  await expect(refusal).rejects.toThrow('synchronous_commit is off');
});
