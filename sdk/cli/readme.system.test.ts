import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runShell, snippetsOf } from '@dispatcher/testing/harness/readme-snippets.ts';
import { useDispatcher } from '@dispatcher/testing/harness/use-dispatcher.ts';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { expect, test } from 'vitest';

const snippets = snippetsOf(await readFile(join(import.meta.dirname, 'README.md'), 'utf8'));

test('the alias in the README works in the repository', async () => {
  const [alias] = snippets.filter(({ language }) => language === 'bash');
  const root = join(import.meta.dirname, '../..');
  const run = await runShell(`${alias?.code}dispatcher --version`, root, { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/nonexistent' });
  expect(run).toEqual({ code: 0, output: '0.1.0\n' });
});

test('the README leads a new user from `npm start` to a finished task', async () => {
  await using home = await useFolder();
  await using _dispatcher = await useDispatcher({ dataDir: join(home.path, '.dispatcher') });
  const command = join(home.path, 'dispatcher');
  await writeFile(command, `#!/bin/sh\nexec '${process.execPath}' '${join(import.meta.dirname, 'main.ts')}' "$@"\n`);
  await chmod(command, 0o755);
  const variables = { PATH: `${home.path}:/usr/bin:/bin`, HOME: home.path };
  const outputs: string[] = [];
  for (const { code, line } of snippets.filter(({ language }) => language === 'sh')) {
    const run = await runShell(code, home.path, variables);
    expect(run, `the snippet on line ${line}`).toMatchObject({ code: 0 });
    outputs.push(run.output);
  }
  expect(outputs.join('\n')).toMatch(/fix-login is done: .*is done: Say hello/s);
});
