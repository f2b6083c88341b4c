import type { Git, GitPlace } from './git.ts';

/** One path in which two trees differ. Each character of the path is one byte. */
export interface TreeChange {
  readonly path: string;
  readonly status: string;
  readonly before: TreeEntry;
  readonly after: TreeEntry;
}

/** The entry at a path. The mode `000000` is nothing, `120000` a link, `160000` another repository. */
export interface TreeEntry {
  readonly mode: string;
  readonly object: string;
}

/** The paths in which two trees differ. Renames are not detected. */
export async function treeChanges(git: Git, place: GitPlace, before: string, after: string): Promise<TreeChange[]> {
  if (before === after) return [];
  const { stdout } = await git(place, ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--full-index', '--no-commit-id', before, after], {
    bytes: true,
  });
  const parts = stdout.split('\0');
  const changes: TreeChange[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [mode = '', newMode = '', object = '', newObject = '', status = ''] = (parts[at] ?? '').slice(1).split(' ');
    changes.push({ path: parts[at + 1] ?? '', status, before: { mode, object }, after: { mode: newMode, object: newObject } });
  }
  return changes;
}

/** The target of a link. */
export async function targetOfLink(git: Git, place: GitPlace, link: TreeEntry): Promise<string> {
  return (await git(place, ['cat-file', 'blob', link.object], { bytes: true })).stdout;
}
