import { DispatcherError } from '@dispatcher/kit/serving/errors.ts';
import { expect, test } from 'vitest';
import { Pool } from './connection/pool.ts';
import { createResolveKey } from './find-key.ts';

test('a request gets 503 and not 500 when its key cannot be looked up because the database is away', async () => {
  const pool = new Pool('postgresql://nobody@127.0.0.1:1/nowhere', 1);
  const failure: unknown = await createResolveKey(pool)(Buffer.alloc(32), '').catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(DispatcherError);
  expect(failure).toMatchObject({ reason: 'unavailable', info: { retry_after_seconds: '1' } });
  await pool.end();
});
