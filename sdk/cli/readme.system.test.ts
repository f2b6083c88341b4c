import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runShell, snippetsOf } from '@dispatcher/testing/harness/readme-snippets.ts';
import { useDispatcher } from '@dispatcher/testing/harness/use-dispatcher.ts';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { expect, test } from 'vitest';

test('a fresh user gets from `npm start` to a finished task by the README alone', async () => {
  await using home = await useFolder();
  await using _dispatcher = await useDispatcher({ dataDir: join(home.path, '.dispatcher') });
  const command = join(home.path, 'dispatcher');
  await writeFile(command, `#!/bin/sh\nexec '${process.execPath}' '${join(import.meta.dirname, 'main.ts')}' "$@"\n`);
  await chmod(command, 0o755);
  const variables = { PATH: `${home.path}:/usr/bin:/bin`, HOME: home.path };
  const snippets = snippetsOf(await readFile(join(import.meta.dirname, 'README.md'), 'utf8')).filter(({ language }) => language === 'sh');
  const outputs: string[] = [];
  for (const { code, line } of snippets) {
    const run = await runShell(code, home.path, variables);
    expect(run, `the snippet on line ${line}`).toMatchObject({ code: 0 });
    outputs.push(run.output);
  }
  expect(outputs.join('\n')).toMatch(/fix-login is done: .*is done: Say hello/s);
});
