import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { patience } from '../harness/patience.ts';
import { runShell, runTypeScript, snippetsOf } from '../harness/readme-snippets.ts';
import { useDispatcher } from '../harness/use-dispatcher.ts';
import { useFolder } from '../harness/use-folder.ts';
import { createRestClient } from './harness/rest-client.ts';

const root = join(import.meta.dirname, '../..');
const snippets = snippetsOf(await readFile(join(root, 'README.md'), 'utf8'));

/** A dispatcher on the data folder of a working folder, as `npm start` creates it in the repository. */
async function useStarted() {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await useFolder()).path;
  const { credentials } = resources.use(await useDispatcher({ dataDir: join(folder, '.dispatcher') }));
  const started = resources.move();
  return { folder, credentials, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

/**
 * Plain `curl` succeeds even when the API refuses a request. Here it fails instead, and prints each answer on its own
 * line.
 */
const strictCurl = `curl() { command curl --fail-with-body --max-time ${Math.ceil(20 * patience())} --write-out '\\n' "$@"; }\n`;

test('the curl lines of the README work unchanged on a dispatcher that has just started', async () => {
  const pasted = snippets.filter(({ language, code }) => language === 'sh' && code.includes('curl'));
  expect(pasted.length).toBeGreaterThan(0);
  await using started = await useStarted();
  const { host } = new URL(started.credentials.url);
  for (const { code, line } of pasted) {
    const script = strictCurl + code.replaceAll('localhost:3000', host);
    const { code: exitCode, output } = await runShell(script, started.folder, { PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin` });
    expect({ line, exitCode, output }).toMatchObject({ exitCode: 0 });
    expect(output).not.toContain('"error"');
  }
  const { data: tasks } = await createRestClient(started.credentials.url, started.credentials.api_key).list();
  expect(tasks.length).toBeGreaterThan(0);
  expect(tasks.some(({ status }) => status === 'claimed')).toBe(true);
});

test('the TypeScript of the README runs against a dispatcher that has just started', async () => {
  const modules = snippets.filter(({ language }) => language === 'ts');
  expect(modules.length).toBeGreaterThan(0);
  await using started = await useStarted();
  const { url, api_key } = started.credentials;
  const variables = { RECURSIV_API_KEY: api_key, RECURSIV_BASE_URL: `${url}/api/v1` };
  for (const { code, line } of modules) {
    const { code: exitCode, output } = await runTypeScript(code, join(import.meta.dirname, '..'), variables);
    expect({ line, exitCode, output }).toMatchObject({ exitCode: 0, output: expect.not.stringContaining('Error') });
  }
  expect((await createRestClient(url, api_key).stats()).data.byStatus).toMatchObject({ done: 1 });
});
