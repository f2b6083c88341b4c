import { stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { expect, test } from 'vitest';
import { holdDataFolder } from './data-folder.ts';

test('it is made for its owner alone', async () => {
  await using folder = await useFolder();
  await using held = await holdDataFolder(join(folder.path, 'a/b'));
  expect(held.path).toBe(join(folder.path, 'a/b'));
  expect((await stat(held.path)).mode & 0o777).toBe(0o700);
});

test('one holder at a time, by whatever name the folder is called', async () => {
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

test('two folders do not stand in each other’s way', async () => {
  await using folder = await useFolder();
  await using one = await holdDataFolder(join(folder.path, 'one'));
  await using other = await holdDataFolder(join(folder.path, 'other'));
  expect(one.path).not.toBe(other.path);
});
