import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root, run } from '../run-tool.ts';

/** Every file that a page names must exist: relative links, and paths in backticks that begin with a folder of ours. */
export async function checkDocs(): Promise<string> {
  const { output } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '*.md']);
  // The changelog may name what is gone.
  const pages = output.split('\0').filter((path) => path !== '' && path !== 'CHANGELOG.md' && existsSync(join(root, path)));
  return (await Promise.all(pages.map(faultsOf))).flat().join('\n');
}

async function faultsOf(page: string): Promise<string[]> {
  const text = withoutFences(await readFile(join(root, page), 'utf8'));
  const links = [...text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => join(dirname(page), target));
  const missing = [...links, ...pathsIn(text)].filter((path) => !existsSync(join(root, path)));
  return [...new Set(missing)].map((path) => `${page}: names ${path}, which does not exist`);
}

const withoutFences = (text: string) => text.replaceAll(/^ *```.*?^ *```/gms, '');

const folders = 'bench|deploy|docs|gateway|orchestrator|proto|sdk|services|testing|tools';

/** Placeholders such as `sql/<statement>.ts` and patterns such as `start:*` are no paths. */
function pathsIn(text: string): string[] {
  return [...text.matchAll(/`([^`\s]+)`/g)].map(([, path = '']) => path).filter((path) => new RegExp(`^(${folders})/[\\w./-]+$`).test(path));
}
