import { join } from 'node:path';
import { startChild } from '@dispatcher/processes/child.ts';
import { expect, test } from 'vitest';
import { useDatabase } from '../harness/use-database.ts';

const root = join(import.meta.dirname, '../..');
const services = ['services/task', 'services/claim', 'services/stats', 'services/key'];

/** Runs a program until it exits. */
async function run(folder: string, settings: Readonly<Record<string, string>>): Promise<{ code: number | null; output: string }> {
  let output = '';
  const onOutput = (text: string) => {
    output += text;
  };
  const env = { GRPC_PORT: '0', PORT: '0', NATS_URL: 'nats://127.0.0.1:1', ...settings };
  const child = startChild({ command: process.execPath, args: [join(root, folder, 'main.ts')], env, onOutput });
  return { code: await child.exited, output };
}

test.each([...services, 'gateway'])('%s refuses a short admin key in production, and reports every other wrong setting too', async (folder) => {
  const settings = {
    DATABASE_URL: 'postgresql://localhost/nothing',
    NODE_ENV: 'production',
    DISPATCHER_API_KEY: 'short-but-over-8',
    TLS_CERT: 'a.pem',
  };
  const { code, output } = await run(folder, settings);
  expect(code).toBe(1);
  expect(output).toContain('DISPATCHER_API_KEY is not allowed: at least 32 characters where NODE_ENV=production');
  expect(output).toContain('TLS_CERT');
  expect(output).not.toContain('short-but-over-8');
});

test.each(services)('%s refuses a PostgreSQL that can lose committed data in a crash', async (folder) => {
  // The PostgreSQL of the test run does not flush to the disk, because no test simulates a power cut.
  await using database = await useDatabase();
  const { code, output } = await run(folder, { DATABASE_URL: database.url, DISPATCHER_API_KEY: 'k'.repeat(32) });
  expect(code).toBe(1);
  expect(output).toContain('fsync is off');
  expect(output).toContain('synchronous_commit is off');
});
