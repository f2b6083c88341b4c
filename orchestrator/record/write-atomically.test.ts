import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { expect, test } from 'vitest';
import { writeAtomically } from './write-atomically.ts';

test('a file that several write at the same time has the whole content of one of them, and nothing is left beside it', async () => {
  await using folder = await useFolder();
  const file = path.join(folder.path, 'file');
  const contents = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(10_000));
  await Promise.all(contents.map((content) => writeAtomically(file, content)));
  expect(contents).toContain(await readFile(file, 'utf8'));
  expect(await readdir(folder.path)).toEqual(['file']);
});
