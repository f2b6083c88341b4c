import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { snippetsOf } from '../harness/readme-snippets.ts';
import { pages, root } from './pages.ts';

/** The test that runs the snippets of a page, by page and language. `text` is output, which nobody runs. */
const runBy: Readonly<Record<string, string>> = {
  'README.md sh': 'testing/system/readme.system.test.ts',
  'README.md ts': 'testing/system/readme.system.test.ts',
  'docs/orchestrator.md text': 'orchestrator/readme.test.ts',
  'sdk/cli/README.md bash': 'sdk/cli/readme.system.test.ts',
  'sdk/cli/README.md sh': 'sdk/cli/readme.system.test.ts',
  'sdk/client/README.md ts': 'sdk/client/client.system.test.ts',
  'sdk/mcp/README.md json': 'sdk/mcp/readme.system.test.ts',
  'sdk/mcp/README.md toml': 'sdk/mcp/readme.system.test.ts',
};

const snippets = pages.flatMap(({ path, text }) => snippetsOf(text).map((snippet) => ({ path, ...snippet })));

/** `commands.test.ts` runs the help of `npm` commands, each of which would run for minutes or for ever. */
const isOnlyNpm = (code: string) => code.split('\n').every((line) => /^$|^(\w+=\S+ )?npm /.test(line));

test.each(snippets)('the $language snippet of $path on line $line is run by a test', ({ path, language, code }) => {
  if (language === 'sh' && isOnlyNpm(code)) return;
  const file = runBy[`${path} ${language}`];
  expect(file, 'name the test in `runBy`').toBeDefined();
  // The test reads the page by its name.
  const words = readFileSync(join(root, file ?? ''), 'utf8');
  expect(words).toContain(dirname(path) === 'docs' ? path : 'README.md');
});

test.each(pages)('each snippet of $path has a language', ({ text }) => {
  const fences = [...text.matchAll(/^ *```(.*)$/gm)].map(([, language]) => language);
  expect(fences.filter((_, index) => index % 2 === 0)).not.toContain('');
});
