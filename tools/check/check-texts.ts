import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { root, run } from '../run-tool.ts';

/** Checks what no compiler sees: words that must not be in the repository, and files that are too long to read. */
export async function checkTexts(): Promise<string> {
  const { output } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z']);
  const paths = output.split('\0').filter((path) => path !== '' && !notOurs.test(path));
  const faults = await Promise.all(paths.map(faultsOf));
  return faults.flat().join('\n');
}

/** Files that tools made, and this list of words itself. */
const notOurs = /^(proto\/gen\/|pnpm-lock\.yaml$|LICENSE$|tools\/check\/check-texts\.ts$)/;

async function faultsOf(path: string): Promise<string[]> {
  // A file that was deleted but not committed yet is still listed.
  const text = await readFile(join(root, path), 'utf8').catch(() => '');
  if (text.includes('\0')) return [];
  const lines = text.split('\n');
  const tooLong = sourceEndings.has(extname(path)) && lines.length > longest + 1 ? [`${path}: ${lines.length - 1} lines, over ${longest}`] : [];
  return [...tooLong, ...lines.flatMap((line, index) => wordsIn(line).map((why) => `${path}:${index + 1}: ${why}`))];
}

const sourceEndings = new Set(['.ts', '.mts', '.js', '.mjs', '.cjs', '.sh', '.sql', '.css', '.html']);

const longest = 300;

function wordsIn(line: string): string[] {
  return forbidden.filter(({ pattern }) => pattern.test(line)).map(({ why }) => why);
}

const forbidden = [
  { pattern: /biome-ignore|@ts-(ignore|expect-error|nocheck)|eslint-disable|c8 ignore/, why: 'a rule is switched off in place' },
  { pattern: /\b(TODO|FIXME|XXX)\b/, why: 'unfinished work belongs in an issue' },
  { pattern: /(^|[\s'"`(=:])\/(work|root|Users|mnt)\/|(^|[\s'"`(=:])\/home\/(?!\.\.\.)[a-z]/, why: 'a path of one machine' },
  {
    pattern: /registry\.npmjs\.org|registry\.yarnpkg\.com|npm\.pkg\.github\.com|:_authToken/,
    why: 'a registry belongs to the machine, not to the repository',
  },
] as const;
