import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { root, run } from '../run-tool.ts';

/**
 * Every file and heading that a page names must exist: in links, in paths in backticks that begin with one of our
 * folders, and in names of source files in backticks. Every package must have a README.
 */
export async function checkDocs(): Promise<string> {
  const { output } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z']);
  const files = output.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
  // The changelog may name files that no longer exist.
  const pages = files.filter((path) => path.endsWith('.md') && path !== 'CHANGELOG.md');
  const packages = files.filter((path) => basename(path) === 'package.json').map((path) => join(dirname(path), 'README.md'));
  const lacking = packages.filter((readme) => !files.includes(readme)).map((readme) => `${readme} does not exist; say what the package is for`);
  return [...lacking, ...(await Promise.all(pages.map((page) => faultsOf(page, files)))).flat()].join('\n');
}

async function faultsOf(page: string, files: readonly string[]): Promise<string[]> {
  const text = withoutFences(await readFile(join(root, page), 'utf8'));
  const links = [...text.matchAll(/\]\(([^)#:\s]*)(?:#([^)\s]*))?\)/g)];
  const missing = [...links.map(([, target = '']) => join(dirname(page), target)), ...pathsIn(text)].filter((path) => !existsSync(join(root, path)));
  const unknown = namesIn(text).filter((name) => !files.some((file) => file.startsWith(`${scopeOf(page)}`) && `/${file}`.endsWith(`/${name}`)));
  const headings = await Promise.all(
    links.map(async ([, target = '', heading]) => {
      const file = target === '' ? page : join(dirname(page), target);
      const isThere = heading === undefined || !file.endsWith('.md') || !existsSync(join(root, file)) || (await anchorsOf(file)).has(heading);
      return isThere ? [] : [`${file}#${heading}`];
    }),
  );
  return [...new Set([...missing, ...unknown, ...headings.flat()])].map((path) => `${page}: names ${path}, which does not exist`);
}

const withoutFences = (text: string) => text.replaceAll(/^ *```.*?^ *```/gms, '');

/** A README may name files of its own folder. A page in `docs` or at the top may name any file. */
const scopeOf = (page: string) => (basename(page) === 'README.md' && dirname(page) !== '.' ? `${dirname(page)}/` : '');

const folders = 'bench|deploy|docs|gateway|orchestrator|proto|sdk|services|testing|tools';
const inOurFolder = new RegExp(`^(${folders})/[\\w./-]+$`);

/** The words in backticks. Placeholders such as `sql/<statement>.ts` and patterns such as `start:*` are not paths. */
const wordsIn = (text: string) => [...text.matchAll(/`([^`\s]+)`/g)].map(([, word = '']) => word);

const pathsIn = (text: string) => wordsIn(text).filter((path) => inOurFolder.test(path));

/** Names of source files: `relay.ts`, `sql/number-events.ts`. */
const namesIn = (text: string) =>
  wordsIn(text).filter((name) => /^[\w/.-]+\.(ts|mjs|proto)$/.test(name) && !inOurFolder.test(name) && name !== ofReader);

/** The file that the README asks the reader to write. */
const ofReader = 'first.ts';

/** The anchors that GitHub makes from the headings of a page. */
async function anchorsOf(page: string): Promise<Set<string>> {
  const text = withoutFences(await readFile(join(root, page), 'utf8'));
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
