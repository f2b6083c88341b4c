import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startChild } from '@dispatcher/processes/child.ts';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { expect, it } from 'vitest';
import type { Results } from './report/results.ts';

it('measures claims through every store, and writes the results', async () => {
  await using folder = await useFolder();
  const args = [join(import.meta.dirname, 'main.ts'), '--quick', '--out', folder.path, 'claim'];
  let output = '';
  const child = startChild({
    command: process.execPath,
    args,
    env: { ...process.env },
    onOutput: (text) => {
      output += text;
    },
  });
  expect(await child.exited, output).toBe(0);

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
