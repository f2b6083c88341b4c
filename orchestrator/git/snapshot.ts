import type { Dirent } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { worktreeLockName } from '../worktree/worktree-lock-name.ts';
import type { Git, GitPlace } from './git.ts';
import { bytesOf } from './path-bytes.ts';
import { treeChanges } from './tree-changes.ts';
import { largestFileBytes, type Withheld } from './withheld.ts';

/** The place of the files, and the index that is kept between two snapshots. */
export interface SnapshotPlace extends GitPlace {
  readonly workTree: string;
  readonly indexFile: string;
}

/** The files of a folder as a tree. The index has the same content. */
export interface Snapshot {
  readonly tree: string;
  readonly withheld: readonly Withheld[];
}

/**
 * Reads all files that git does not ignore into a tree. It does not use the agent's index and HEAD. Files that are
 * tracked in `head` count even if they are ignored. A nested repository becomes a folder with its files. Files that a
 * tree cannot have are listed.
 */
export async function takeSnapshot(git: Git, place: SnapshotPlace, head: string, start: string): Promise<Snapshot> {
  // The index of the last snapshot has the times of the files, so that unchanged files are not read again.
  const kept = await git(place, ['read-tree', '-m', head], { accept: [0, 1, 128] });
  if (kept.code !== 0) {
    await rm(place.indexFile, { force: true });
    await git(place, ['read-tree', head]);
  }
  const changed = await changedPaths(git, place);
  const nested = [...nestedAmong(changed), ...(await committedRepositories(git, place, start, head))];
  const tooLarge = await tooLargeAmong(place, changed);
  const withheld: Withheld[] = [...tooLarge, ...(await specialFiles(git, place))];
  const excluded = [...nested, ...tooLarge.map((one) => one.path)];
  const added = await addAll(git, place, excluded);
  if (added !== null) withheld.push(...(await notAdded(git, place, excluded, added)));
  for (const folder of nested) withheld.push(...(await addNested(git, place, folder)));
  await git(place, ['update-index', '--force-remove', '--', worktreeLockName]);
  return { tree: (await git(place, ['write-tree'])).stdout.trim(), withheld };
}

function nestedAmong(paths: readonly string[]): string[] {
  return paths.filter((one) => one.endsWith('/')).map((one) => one.slice(0, -1));
}

/** The nested repositories that the agent's own commits have. */
async function committedRepositories(git: Git, place: SnapshotPlace, start: string, head: string): Promise<string[]> {
  if (start === head) return [];
  return (await treeChanges(git, { gitDir: place.gitDir }, start, head)).filter(({ after }) => after.mode === '160000').map((one) => one.path);
}

/** New and changed paths. A nested repository ends with a slash. */
async function changedPaths(git: Git, place: SnapshotPlace): Promise<string[]> {
  const { stdout } = await git(place, ['ls-files', '--others', '--modified', '--exclude-standard', '-z'], { bytes: true });
  return [...new Set(stdout.split('\0'))].filter((one) => one !== '' && one !== worktreeLockName);
}

async function tooLargeAmong({ workTree }: SnapshotPlace, paths: readonly string[]): Promise<Withheld[]> {
  const sizes = await Promise.all(
    paths.map(async (one) => {
      const stat = await lstat(bytesOf(`${asBytes(workTree)}/${one}`)).catch(() => null);
      return stat?.isFile() ? stat.size : 0;
    }),
  );
  return paths.flatMap((one, index) => {
    const size = sizes[index] ?? 0;
    return size > largestFileBytes
      ? [{ path: one, why: `${Math.round(size / 1024 / 1024)} MiB; the limit is ${largestFileBytes / 1024 / 1024} MiB` }]
      : [];
  });
}

/** Adds everything except the excluded paths. Returns the error output of git when it could not add all of it. */
async function addAll(git: Git, place: SnapshotPlace, excluded: readonly string[]): Promise<string | null> {
  const input = ['.', ...excluded.map((one) => `:(top,exclude,literal)${one}`)].join('\0');
  const words = ['add', '--all', '--ignore-errors', '--pathspec-from-file=-', '--pathspec-file-nul'];
  const added = await git(place, words, { input, bytes: true, accept: [0, 1, 128] });
  return added.code === 0 ? null : added.stderr;
}

/** The files that git could not add: they still differ after it added the rest. */
async function notAdded(git: Git, place: SnapshotPlace, excluded: readonly string[], said: string): Promise<Withheld[]> {
  const left = (await changedPaths(git, place)).filter((one) => !excluded.includes(one.replace(/\/$/, '')));
  if (left.length === 0) throw new Error(`The files could not be read: ${said.trim()}`);
  return left.map((one) => ({ path: one, why: said.trim().split('\n')[0] ?? 'git could not read it' }));
}

/**
 * Adds the files of a nested repository as a folder. Its git folder is not opened. Files that the outer tree ignores
 * are ignored.
 */
async function addNested(git: Git, place: SnapshotPlace, folder: string): Promise<Withheld[]> {
  const inside = { gitDir: place.gitDir, workTree: path.join(place.workTree, bytesOf(folder).toString()), indexFile: `${place.indexFile}.nested` };
  await git(place, ['rm', '-r', '--cached', '--quiet', '--ignore-unmatch', '--', `:(top,literal)${bytesOf(folder).toString()}`]);
  if (!(await lstat(inside.workTree).catch(() => null))?.isDirectory()) return [];
  try {
    await rm(inside.indexFile, { force: true });
    await git(inside, ['read-tree', '--empty']);
    const changed = await changedPaths(git, inside);
    const repositories = nestedAmong(changed);
    const ignored = await ignoredPaths(
      git,
      place,
      changed.map((one) => `${folder}/${one.replace(/\/$/, '')}`),
    );
    const tooLarge = await tooLargeAmong(inside, changed);
    const excluded = [...repositories, ...tooLarge.map((one) => one.path), ...ignored.map((one) => one.slice(folder.length + 1))];
    const said = changed.length === 0 ? null : await addAll(git, inside, excluded);
    const withheld = [...tooLarge, ...(said === null ? [] : await notAdded(git, inside, excluded, said))];
    for (const one of repositories) {
      if (!ignored.includes(`${folder}/${one}`)) withheld.push(...(await addNested(git, inside, one)));
    }
    const tree = (await git(inside, ['write-tree'])).stdout.trim();
    await git(place, ['read-tree', `--prefix=${bytesOf(folder).toString()}/`, tree]);
    return withheld.map((one) => ({ ...one, path: `${folder}/${one.path}` }));
  } finally {
    await rm(inside.indexFile, { force: true });
  }
}

/** FIFOs, sockets and devices. Git skips them without a message. */
async function specialFiles(git: Git, place: SnapshotPlace): Promise<Withheld[]> {
  const found = await findSpecial(asBytes(place.workTree), '');
  const ignored = await ignoredPaths(git, place, found);
  return found.filter((one) => !ignored.includes(one)).map((one) => ({ path: one, why: 'neither a file nor a folder nor a link' }));
}

async function findSpecial(top: string, folder: string): Promise<string[]> {
  const entries: Dirent<Buffer>[] = await readdir(bytesOf(`${top}/${folder}`), { withFileTypes: true, encoding: 'buffer' }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries) {
    const name = `${folder}${entry.name.toString('latin1')}`;
    if (entry.isDirectory()) {
      if (name !== '.git') found.push(...(await findSpecial(top, `${name}/`)));
    } else if (!entry.isFile() && !entry.isSymbolicLink()) found.push(name);
  }
  return found;
}

async function ignoredPaths(git: Git, place: SnapshotPlace, paths: readonly string[]): Promise<string[]> {
  if (paths.length === 0) return [];
  // The index does not exist. With a real one git refuses to look into nested repositories.
  const words = ['check-ignore', '--no-index', '-z', '--stdin'];
  const { stdout } = await git({ ...place, indexFile: `${place.indexFile}.none` }, words, { input: paths.join('\0'), bytes: true, accept: [0, 1] });
  return stdout.split('\0').filter((one) => one !== '');
}

function asBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
