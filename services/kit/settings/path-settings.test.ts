import { chmod, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testWhere } from '@dispatcher/testing/harness/test-where.ts';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { expect, test } from 'vitest';
import { makeSettingFolder, readSettingFile } from './path-settings.ts';

const isRoot = process.getuid?.() === 0;

test('a folder and its parents are made for the owner alone, and a second call changes nothing', async () => {
  await using folder = await useFolder();
  const path = join(folder.path, 'a/b/c');
  await makeSettingFolder('DISPATCHER_DATA_DIR', path);
  await makeSettingFolder('DISPATCHER_DATA_DIR', path);
  for (const made of [path, join(folder.path, 'a')]) expect((await stat(made)).mode & 0o777).toBe(0o700);
});

test('several processes may make the same folder at once', async () => {
  await using folder = await useFolder();
  const path = join(folder.path, 'a/b/c');
  await Promise.all(Array.from({ length: 8 }, () => makeSettingFolder('DISPATCHER_DATA_DIR', path)));
  expect((await stat(path)).isDirectory()).toBe(true);
});

test('the error for a folder that cannot be made or used has its setting, the reason and what to do', async () => {
  await using folder = await useFolder();
  const at = (name: string) => join(folder.path, name);
  await writeFile(at('file'), '');
  await symlink(at('nowhere'), at('dangling'));
  await symlink(at('circle'), at('circle'));
  const faults = {
    [at('file')]: 'a file is where a folder should be',
    [at('file/below')]: 'a file is where a folder should be',
    [at('dangling')]: 'no folder can be made there',
    [at('circle')]: 'its symbolic links lead in a circle',
    [at('long'.repeat(100))]: 'the path is too long',
  };
  for (const [path, reason] of Object.entries(faults)) {
    const fault = `DISPATCHER_DATA_DIR=${JSON.stringify(path)} cannot be used: ${reason}. Choose another folder.`;
    await expect(makeSettingFolder('DISPATCHER_DATA_DIR', path), path).rejects.toThrow(fault);
  }
});

testWhere(process.platform === 'linux', 'Linux')('a path on a file system that makes no folders is refused at once', async () => {
  await expect(makeSettingFolder('DISPATCHER_DATA_DIR', '/proc/x/y')).rejects.toThrow('no folder can be made there');
  await expect(makeSettingFolder('DISPATCHER_DATA_DIR', '/dev/null/x')).rejects.toThrow('a file is where a folder should be');
});

testWhere(!isRoot, 'a user other than root')('a folder without permission is refused', async () => {
  await using folder = await useFolder();
  await mkdir(join(folder.path, 'closed'), { mode: 0o500 });
  for (const name of ['closed', 'closed/below']) {
    await expect(makeSettingFolder('DISPATCHER_DATA_DIR', join(folder.path, name))).rejects.toThrow('this user has no permission');
  }
  await chmod(join(folder.path, 'closed'), 0o700);
});

test('the error for a file that cannot be read has its setting, the reason and what to do', async () => {
  await using folder = await useFolder();
  await writeFile(join(folder.path, 'file'), 'content');
  expect(String(await readSettingFile('TLS_CERT', join(folder.path, 'file')))).toBe('content');
  const missing = join(folder.path, 'missing.pem');
  await expect(readSettingFile('TLS_CERT', missing)).rejects.toThrow(
    `TLS_CERT=${JSON.stringify(missing)} cannot be used: there is no such file. Correct the path, or let this user read the file.`,
  );
  await expect(readSettingFile('TLS_CERT', folder.path)).rejects.toThrow('it is a folder, not a file');
});
