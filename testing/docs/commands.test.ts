import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { pages, root } from './pages.ts';

const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));

/** Every `npm` command in a page, in a sentence or in a snippet: the script, and the options after it. */
const commands = pages.flatMap(({ path, text }) =>
  [...text.matchAll(/\bnpm (?:run (?:-s |--silent )?([a-z:]*[a-z])|(start|test)\b)(?: -- ([^`#|\n]*))?/g)].map(([, named, known, words = '']) => ({
    page: path,
    script: named ?? known ?? '',
    options: [...words.matchAll(/--[a-z][a-z-]*/g)].map(([option]) => option),
  })),
);

/** The scripts that have no options and no settings, or that pass their arguments on to another program. */
const withoutHelp = new Set(['check', 'proto:generate', 'setup', 'test', 'test:all', 'test:long']);

/** What a script prints for `--help`, without a setting. Rejects when it does not end with 0. */
async function helpOf(script: string): Promise<string> {
  const [file = '', ...words] = (scripts[script] ?? '').replace('exec node ', '').split(' ');
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, file), ...words, '--help'], { env: { PATH: process.env.PATH } });
  return stdout;
}

test.each(commands)('$page: npm run $script is a command', ({ script }) => {
  expect(Object.keys(scripts)).toContain(script);
});

describe.each([...new Set(commands.map(({ script }) => script))].filter((script) => !withoutHelp.has(script)))('npm run %s -- --help', (script) => {
  test('explains the command and every option that a page uses, in 80 columns', async () => {
    const help = await helpOf(script);
    const options = commands.filter((command) => command.script === script).flatMap((command) => command.options);
    expect(help.length).toBeGreaterThan(50);
    for (const option of options) expect(option === '--help' ? option : help).toContain(option);
    // A path of this machine or an address cannot be broken.
    expect(help.split('\n').filter((line) => line.length > 80 && !/\/\S{20}/.test(line))).toEqual([]);
  });
});
