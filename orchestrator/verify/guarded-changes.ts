import path from 'node:path';
import type { CleanClone } from '../git/clean-clone.ts';
import type { Git } from '../git/git.ts';

/** One path of a diff: what happened to it, and for a rename what it was. */
export interface Change {
  readonly status: string;
  readonly path: string;
  readonly was: string;
}

/** What a verification consists of, so that a diff that changes it is seen. */
export interface Verification {
  readonly commands: readonly string[];
  /** `package.json` of the base and of the candidate; null where there is none. */
  readonly manifests: { readonly base: string | null; readonly candidate: string | null };
}

/** Files that decide what a test runner, a compiler or a package manager does. */
const settingsFile =
  /(^|\/)(\.npmrc|\.pnpmfile\.[cm]?js|\.yarnrc(\.yml)?|\.mocharc(\..*)?|(vitest|vite|jest|playwright|karma|ava)\.(config|workspace)\.\w+|tsconfig[^/]*\.json|pytest\.ini|tox\.ini|conftest\.py|setup\.cfg|[Mm]akefile|GNUmakefile|[Jj]ustfile)$/;

const testFile = /(^|\/)(tests?|__tests__|specs?|e2e)\/|(^|\/)test_[^/]*$|[._-](test|spec)\.\w+$|(^|\/)(test|spec)\.\w+$/;

/** A runner named in the command that reads one of the settings files. */
const packageRunner = /^(npm|pnpm|yarn|bun)$/;

/** The changes between two commits, with renames found. */
export async function changesBetween(git: Git, clone: CleanClone, base: string, commit: string): Promise<Change[]> {
  const { stdout } = await git(clone.place, ['diff-tree', '-r', '-z', '-M', '--no-commit-id', '--name-status', base, commit]);
  const parts = stdout.split('\0');
  const changes: Change[] = [];
  for (let at = 0; at + 1 < parts.length; ) {
    const status = parts[at] ?? '';
    const was = parts[at + 1] ?? '';
    const renamed = /^[RC]/.test(status);
    changes.push({ status: status.charAt(0), was, path: (renamed ? parts[at + 2] : was) ?? '' });
    at += renamed ? 3 : 2;
  }
  return changes;
}

/**
 * Why a person must look before the diff may land: it changes what verifies it. Each line names one thing; an empty list means none. It errs on the
 * side of asking: a settings file of a test runner is one, a changed test is not, a deleted one is.
 */
export function guardedChanges(changes: readonly Change[], verification: Verification): string[] {
  const { manifests, commands } = verification;
  const scripts = scriptsRun(commands, manifests.base);
  const named = namedFiles([...commands, ...scripts.map((name) => scriptText(manifests.base, name) ?? '')]);
  const reasons = scripts
    .filter((name) => scriptText(manifests.base, name) !== scriptText(manifests.candidate, name))
    .map((name) => `package.json: the script "${name}" is changed`);
  for (const change of changes) {
    const paths = change.status === 'R' ? [change.was, change.path] : [change.path];
    if (paths.some((one) => named.has(one))) reasons.push(`${change.was}: the verification runs it`);
    else if (paths.some((one) => settingsFile.test(one))) reasons.push(`${change.path}: it sets how the verification runs`);
    else if (paths.some((one) => /(^|\/)node_modules\//.test(one))) reasons.push(`${change.path}: it would replace an installed package`);
    else if (takesTestAway(change)) reasons.push(`${change.was}: a test is deleted`);
  }
  return reasons;
}

function takesTestAway(change: Change): boolean {
  if (change.status === 'D') return testFile.test(change.path);
  return change.status === 'R' && testFile.test(change.was) && !testFile.test(change.path);
}

/** The package scripts that the commands run, with those that run before and after them, and those they call in turn. */
function scriptsRun(commands: readonly string[], manifest: string | null): string[] {
  const found = new Set<string>();
  const visit = (text: string) => {
    for (const name of scriptNames(text)) {
      for (const one of [name, `pre${name}`, `post${name}`]) {
        if (found.has(one)) continue;
        found.add(one);
        visit(scriptText(manifest, one) ?? '');
      }
    }
  };
  commands.forEach(visit);
  return [...found];
}

/** Every word after a package manager may be a script; one that is none changes nothing. */
function scriptNames(text: string): string[] {
  return text
    .split(/&&|\|\||[;|&\n()]/)
    .map((part) => part.trim().split(/\s+/))
    .filter((words) => words.some((word) => packageRunner.test(path.basename(word))))
    .flat()
    .map((word) => (word === 't' ? 'test' : word))
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

/** The words of the commands as paths from the top of the repository; those that are no file match no change. */
function namedFiles(texts: readonly string[]): ReadonlySet<string> {
  const words = texts.flatMap((text) => text.split(/[\s;&|()<>"'`=]+/)).filter((word) => word !== '' && !word.startsWith('-'));
  return new Set(words.map((word) => path.posix.normalize(word)));
}
