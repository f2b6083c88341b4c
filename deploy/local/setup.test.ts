import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { expect, test } from 'vitest';

/**
 * A checkout with only this script, and a stand-in for npx. The stand-in records its arguments, creates what an install
 * creates, and ends with `code`.
 */
async function useCheckout(
  code = 0,
): Promise<{ path: string; run(): Promise<{ code: number | null; output: string }>; installs(): Promise<string[]> } & AsyncDisposable> {
  const folder = await useFolder();
  const { path } = folder;
  await mkdir(join(path, 'deploy/local'), { recursive: true });
  await mkdir(join(path, 'bin'));
  await cp(join(import.meta.dirname, 'setup.mjs'), join(path, 'deploy/local/setup.mjs'));
  await writeFile(join(path, 'pnpm-lock.yaml'), 'one');
  await writeFile(join(path, 'pnpm-workspace.yaml'), '');
  const npx = `#!/bin/sh\necho "$*" >> '${path}/installs'\nmkdir -p node_modules/.bin && touch node_modules/.bin/node\nexit ${code}\n`;
  await writeFile(join(path, 'bin/npx'), npx, { mode: 0o755 });
  return {
    path,
    run: () =>
      new Promise((resolve) => {
        const env = { PATH: `${path}/bin:/usr/bin:/bin` };
        const child = execFile(process.execPath, [join(path, 'deploy/local/setup.mjs')], { env, cwd: '/' }, (_error, stdout, stderr) =>
          resolve({ code: child.exitCode, output: stdout + stderr }),
        );
      }),
    installs: async () => (await readFile(join(path, 'installs'), 'utf8').catch(() => '')).split('\n').slice(0, -1),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test('setup installs once, and again when the lockfile has changed', async () => {
  await using checkout = await useCheckout();
  expect(await checkout.run()).toMatchObject({ code: 0 });
  expect(await checkout.run()).toEqual({ code: 0, output: '' });
  expect(await checkout.installs()).toEqual([expect.stringMatching(/^-y pnpm@\d+\.\d+\.\d+ install --frozen-lockfile/)]);
  await writeFile(join(checkout.path, 'pnpm-lock.yaml'), 'two');
  expect(await checkout.run()).toMatchObject({ code: 0 });
  expect(await checkout.installs()).toHaveLength(2);
});

test('a failed install ends with 1, says so, and is tried again the next time', async () => {
  await using checkout = await useCheckout(7);
  expect(await checkout.run()).toMatchObject({ code: 1, output: expect.stringContaining('The install failed.') });
  await checkout.run();
  expect(await checkout.installs()).toHaveLength(2);
});
