import { stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { expect, test } from 'vitest';
import { holdDataFolder } from './data-folder.ts';

test('only the owner can enter a new folder', async () => {
  await using folder = await useFolder();
  await using held = await holdDataFolder(join(folder.path, 'a/b'));
  expect(held.path).toBe(join(folder.path, 'a/b'));
  expect((await stat(held.path)).mode & 0o777).toBe(0o700);
});

test('a folder has one holder at a time, whatever path it is opened by', async () => {
  await using folder = await useFolder();
  const alias = join(folder.path, 'alias');
  {
    await using held = await holdDataFolder(join(folder.path, 'data'));
    await symlink(held.path, alias);
    await expect(holdDataFolder(alias)).rejects.toThrow(`Dispatcher already runs on the data folder ${held.path} (process ${process.pid}).`);
  }
  await using next = await holdDataFolder(alias);
  expect(next.path).toBe(join(folder.path, 'data'));
});

test('two folders can be held at the same time', async () => {
  await using folder = await useFolder();
  await using one = await holdDataFolder(join(folder.path, 'one'));
  await using other = await holdDataFolder(join(folder.path, 'other'));
  expect(one.path).not.toBe(other.path);
});
