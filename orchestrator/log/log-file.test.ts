import { spawnSync } from 'node:child_process';
import { openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { expect, test } from 'vitest';
import { LogFile } from './log-file.ts';

const line = `${'x'.repeat(1_023)}\n`;
const limit = 10 * 1024 * 1024;

test('a log is rotated at 10 MiB with five older files, and a process that has it as standard error still writes to it', async () => {
  await using folder = await useFolder();
  const file = `${folder.path}/some.log`;
  const log = new LogFile(file);
  const standardError = openSync(file, 'a');
  for (let lines = 0; lines < 7 * 10 * 1_024 + 100; lines++) log.write(line);
  const names = readdirSync(folder.path).sort();
  expect(names).toEqual(['some.log', ...[1, 2, 3, 4, 5].map((number) => `some.log.${number}`)]);
  for (const name of names) expect(statSync(`${folder.path}/${name}`).size).toBeLessThanOrEqual(limit + line.length);
  spawnSync('sh', ['-c', 'echo crashed >&2'], { stdio: ['ignore', 'ignore', standardError] });
  expect(readFileSync(file, 'utf8')).toMatch(/x\ncrashed\n$/);
});

test('a log that cannot be written loses lines and does no other harm', async () => {
  await using folder = await useFolder();
  const log = new LogFile(`${folder.path}/gone/some.log`);
  const blocked = new LogFile(`${folder.path}/gone`);
  expect(() => blocked.write('x\n')).not.toThrow();
  log.write('y\n');
  expect(readFileSync(`${folder.path}/gone/some.log`, 'utf8')).toBe('y\n');
});
