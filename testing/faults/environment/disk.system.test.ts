import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { testWhere } from '../../harness/test-where.ts';
import { useFolder } from '../../harness/use-folder.ts';
import { mountDisk } from './disk.ts';

testWhere(process.getuid?.() === 0, 'root')('a full disk refuses writes, and accepts them again when space is freed', async () => {
  await using folder = await useFolder();
  const place = join(folder.path, 'disk');
  await mkdir(place);
  await using disk = await mountDisk(place);
  const write = () => writeFile(join(place, 'file'), 'a page of its own');
  await disk.fill();
  await expect(write()).rejects.toMatchObject({ code: 'ENOSPC' });
  await disk.free();
  await write();
});
