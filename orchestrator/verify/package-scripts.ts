import path from 'node:path';
import type { CommandLine } from './named-files.ts';

/** A `package.json` of the base. */
export interface Manifest {
  readonly file: string;
  readonly base: string | null;
  readonly candidate: string | null;
}

/** Programs that run scripts of a `package.json`. */
const packageRunner = /^(npm|npx|pnpm|yarn|bun|turbo|nx|lerna|run-s|run-p|npm-run-all2?|concurrently|wireit|corepack)$/;

/** The scripts that an install runs. */
const onInstall = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare'];

/**
 * The names of the scripts that the commands run, in any workspace. Scripts that run before and after them, and scripts
 * that they call, are included.
 */
export function scriptsRun(commands: readonly string[], manifests: readonly Manifest[]): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (text: string) => {
    for (const name of scriptNames(text)) {
      for (const one of [name, `pre${name}`, `post${name}`]) {
        if (found.has(one)) continue;
        found.add(one);
        for (const { base } of manifests) visit(scriptText(base, one) ?? '');
      }
    }
  };
  commands.forEach(visit);
  return found;
}

/** The names of those scripts that the work changes. */
export function changedScripts(names: ReadonlySet<string>, { file, base, candidate }: Manifest): string[] {
  return [...names]
    .filter((name) => scriptText(base, name) !== scriptText(candidate, name))
    .map((name) => `${file}: the script "${name}" is changed`);
}

/** The command lines of the scripts, each with the folder of its manifest. */
export function scriptLines(names: ReadonlySet<string>, manifests: readonly Manifest[]): CommandLine[] {
  return manifests.flatMap(({ file, base }) =>
    [...names].flatMap((name) => {
      const text = scriptText(base, name);
      return text === undefined ? [] : [{ text, folder: path.posix.dirname(file) }];
    }),
  );
}

/** The words after a package runner. Each may be a script, and a word that is none does no harm. */
function scriptNames(text: string): string[] {
  return text
    .split(/&&|\|\||[;|&\n()]/)
    .map((part) => part.trim().split(/[\s"']+/))
    .filter((words) => words.some((word) => packageRunner.test(path.basename(word))))
    .flat()
    .flatMap((word) => (word === 't' || word === 'tst' ? ['test'] : ['ci', 'i', 'install', 'add'].includes(word) ? onInstall : [word]))
    .filter((word) => /^[\w:.-]+$/.test(word) && !word.startsWith('-'));
}

function scriptText(manifest: string | null, name: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(manifest ?? 'null');
    const scripts: unknown = typeof parsed === 'object' && parsed !== null && 'scripts' in parsed ? parsed.scripts : null;
    if (typeof scripts !== 'object' || scripts === null) return undefined;
    const text: unknown = Object.entries(scripts).find(([key]) => key === name)?.[1];
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}
