import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { root, run } from '../run-tool.ts';

/** The longest line of prose, so that it can be read in any editor and in a diff. */
const longestLine = 120;

/** Finds lines of prose that are too long, in pages and in comments. Tables and code may be wider. */
export async function checkProse(): Promise<string> {
  const { output } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z']);
  const paths = output.split('\0').filter((path) => (extname(path) === '.md' || extname(path) in commentMarks) && !path.startsWith('proto/gen/'));
  return (await Promise.all(paths.map(faultsOf))).flat().join('\n');
}

const slashes = /^\s*(\/\/|\/\*|\*( |\/|$))/;
const hashes = /^\s*#(?!!)/;

/** The marks at the beginning of a comment line, by the extension of the file. */
const commentMarks: Readonly<Record<string, RegExp>> = {
  '.ts': slashes,
  '.mjs': slashes,
  '.proto': slashes,
  '.sql': /^\s*--/,
  '.sh': hashes,
  '.yaml': hashes,
  '.yml': hashes,
};

async function faultsOf(path: string): Promise<string[]> {
  // A file that was deleted but not committed yet is still listed.
  const text = await readFile(join(root, path), 'utf8').catch(() => '');
  const marks = commentMarks[extname(path)];
  const isProse = marks ? (line: string) => marks.test(line) || (extname(path) === '.ts' && /^\s*-- /.test(line)) : proseOfPage();
  return text.split('\n').flatMap((line, index) => {
    // A URL cannot be broken into lines.
    const length = isProse(line) ? line.replaceAll(/https?:\/\/\S+/g, '').length : 0;
    return length > longestLine ? [`${path}:${index + 1}: ${length} characters of prose, over ${longestLine}`] : [];
  });
}

/** Every line of a page, except tables and fenced code. */
function proseOfPage(): (line: string) => boolean {
  let isFenced = false;
  return (line) => {
    if (/^\s*```/.test(line)) isFenced = !isFenced;
    return !isFenced && !line.startsWith('|');
  };
}
