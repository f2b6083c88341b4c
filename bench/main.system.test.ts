import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { expect, it } from 'vitest';
import type { Results } from './report/results.ts';

it('measures claims through every store, and writes what it found', async () => {
  await using folder = await useFolder();
  const args = [join(import.meta.dirname, 'main.ts'), '--quick', '--out', folder.path, 'claim'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const [progress, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect(code, progress).toBe(0);

  const { parts } = JSON.parse(await readFile(join(folder.path, 'results.json'), 'utf8')) as Results;
  expect(parts.map(({ name, loadAverage }) => [name, typeof loadAverage])).toEqual([['claim', 'number']]);
  const [compared] = parts[0]?.comparisons ?? [];
  const expected = compared?.ways.flatMap(({ name }) => compared.cases.map((at) => `${name}, ${at}`)) ?? [];
  expect(expected.length).toBeGreaterThanOrEqual(14);
  expect(
    compared?.measurements
      .filter((each) => 'value' in each && each.value > 0)
      .map(({ way, at }) => `${way}, ${at}`)
      .sort(),
  ).toEqual(expected.sort());

  const report = await readFile(join(folder.path, 'RESULTS.md'), 'utf8');
  for (const { name } of compared?.ways ?? []) expect(report).toContain(`| ${name} |`);
});
