import path from 'node:path';
import type { CleanClone } from '../git/clean-clone.ts';
import { fileAt } from '../git/commit.ts';
import type { Git } from '../git/git.ts';
import { decides, decidingPart } from './deciding-files.ts';
import { namedFiles, type ReadFile } from './named-files.ts';
import { changedScripts, type Manifest, scriptLines, scriptsRun } from './package-scripts.ts';

/** One path of a diff, with the kind of change, and the old path for a rename. */
export interface Change {
  readonly status: string;
  readonly path: string;
  readonly was: string;
}

/** The parts of a verification, to find diffs that change it. */
export interface Verification {
  readonly commands: readonly string[];
  /** The operator's own patterns of files that count too. */
  readonly patterns: readonly string[];
  /** Each `package.json` of the base. */
  readonly manifestFiles: readonly string[];
  readonly base: ReadFile;
  readonly candidate: ReadFile;
}

const testFile = /(^|\/)(tests?|__tests__|specs?|e2e)\/|(^|\/)test_[^/]*$|[._-](test|spec)\.\w+$|(^|\/)(test|spec)\.\w+$/;

/** Folders with installed packages. */
const installed = /(^|\/)(node_modules|\.venv|venv|site-packages)\//;

/** The changes of a commit that change its own verification. A person must look before such a commit may land. */
export async function changesOfVerification(
  git: Git,
  clone: CleanClone,
  base: string,
  commit: string,
  { commands, patterns }: Pick<Verification, 'commands' | 'patterns'>,
): Promise<string[]> {
  const { stdout } = await git(clone.place, ['ls-tree', '-r', '-z', '--name-only', base]);
  const files = new Set(stdout.split('\0'));
  const manifestFiles = [...files].filter((file) => /(^|\/)package\.json$/.test(file) && !installed.test(file));
  return await guardedChanges(await changesBetween(git, clone, base, commit), {
    commands,
    patterns,
    manifestFiles,
    // Most words of a command are no files, and each look takes a process.
    base: async (file) => (files.has(file) ? await fileAt(git, clone.place, base, file) : null),
    candidate: (file) => fileAt(git, clone.place, commit, file),
  });
}

/** The changes between two commits. Renames are detected. */
async function changesBetween(git: Git, clone: CleanClone, base: string, commit: string): Promise<Change[]> {
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
 * Returns one text for each guarded change. An empty list means that the verification of the base decides alone.
 * Guarded are: files in which known tools configure what they run, anywhere; the scripts that are run, in every
 * workspace; and the files that commands and scripts name. When in doubt a change is guarded. A changed test is
 * ordinary work, and a deleted test is not.
 */
export async function guardedChanges(changes: readonly Change[], verification: Verification): Promise<string[]> {
  const { commands, base, candidate } = verification;
  const changed = new Set(changes.flatMap((change) => [change.was, change.path]));
  const manifests: Manifest[] = [];
  for (const file of verification.manifestFiles) {
    const text = await base(file);
    manifests.push({ file, base: text, candidate: changed.has(file) ? await candidate(file) : text });
  }
  const names = scriptsRun(commands, manifests);
  const lines = [...commands.map((text) => ({ text, folder: '.' })), ...scriptLines(names, manifests)];
  const named = await namedFiles(lines, base);
  const reasons = manifests.flatMap((manifest) => changedScripts(names, manifest));
  for (const change of changes) {
    const why = await reason(change, named, verification);
    if (why !== null) reasons.push(why);
  }
  return reasons;
}

async function reason(change: Change, named: ReadonlySet<string>, { patterns, base, candidate }: Verification): Promise<string | null> {
  const paths = change.status === 'R' ? [change.was, change.path] : [change.path];
  const first = (isGuarded: (file: string) => boolean) => paths.find(isGuarded);
  if (paths.some((one) => named.has(one))) return `${change.was}: the verification runs it`;
  const deciding = first(decides);
  if (deciding !== undefined) return `${deciding}: it sets how the verification runs`;
  for (const file of paths) {
    const isChanged = decidingPart(file, await base(file)) !== decidingPart(file, await candidate(file));
    if (isChanged) return `${file}: a part of it that sets how the verification runs is changed`;
  }
  const ofOperator = first((file) => patterns.some((pattern) => path.matchesGlob(file, pattern)));
  if (ofOperator !== undefined) return `${ofOperator}: ORCH_GUARDED_FILES names it`;
  const replaced = first((file) => installed.test(file));
  if (replaced !== undefined) return `${replaced}: it would replace an installed package`;
  return takesTestAway(change) ? `${change.was}: a test is deleted` : null;
}

function takesTestAway(change: Change): boolean {
  if (change.status === 'D') return testFile.test(change.path);
  return change.status === 'R' && testFile.test(change.was) && !testFile.test(change.path);
}
