import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { expect, test } from 'vitest';
import { type Credentials, readCredentials, saveCredentials } from './credentials.ts';

const credentials: Credentials = {
  url: 'http://127.0.0.1:3000',
  grpc_url: '127.0.0.1:50051',
  admin_key: 'sk_admin_0',
  organization_id: 'local',
  api_key: 'sk_live_0',
};

test('before the first start there are none', async () => {
  await using folder = await useFolder();
  expect(await readCredentials(folder.path)).toBeUndefined();
});

test('saved credentials can be read again, only by their owner, and no other file is left', async () => {
  await using folder = await useFolder();
  await saveCredentials(folder.path, { ...credentials, api_key: 'sk_live_1' });
  await saveCredentials(folder.path, credentials);
  expect(await readCredentials(folder.path)).toEqual(credentials);
  expect(await readdir(folder.path)).toEqual(['credentials.json']);
  expect((await stat(join(folder.path, 'credentials.json'))).mode & 0o777).toBe(0o600);
});

test('a save that was killed in the middle does not disturb the next save, and the old credentials can still be read', async () => {
  await using folder = await useFolder();
  await writeFile(join(folder.path, 'credentials.json.new'), '{"url"', { mode: 0o644 });
  await saveCredentials(folder.path, credentials);
  expect(await readCredentials(folder.path)).toEqual(credentials);
  expect((await stat(join(folder.path, 'credentials.json'))).mode & 0o777).toBe(0o600);
});

test.each(['', '{"url"', '[]', '{}'])('a file that says %j is an error that names it and what to do, and shows nothing of it', async (content) => {
  await using folder = await useFolder();
  await writeFile(join(folder.path, 'credentials.json'), content);
  await expect(readCredentials(folder.path)).rejects.toThrow(
    `${join(folder.path, 'credentials.json')} cannot be read. Move it away, and the next start makes new keys.`,
  );
});
