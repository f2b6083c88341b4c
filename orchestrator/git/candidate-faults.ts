import type { CleanClone } from './clean-clone.ts';
import { fileAt } from './commit.ts';
import type { Git } from './git.ts';
import { readable } from './path-bytes.ts';
import { targetOfLink, treeChanges } from './tree-changes.ts';
import { unsupported } from './unsupported.ts';
import { leadsOut } from './withheld.ts';

/** The files to which a commit adds conflict markers, because somebody committed a merge without resolving it. */
export async function conflictMarkers(git: Git, { place }: CleanClone, base: string, commit: string): Promise<string[]> {
  const { stdout } = await git(place, ['diff-tree', '-r', '--check', '--no-commit-id', base, commit], { accept: [0, 2] });
  const marked = new Map<string, number[]>();
  for (const line of stdout.split('\n')) {
    const [, file, number] = /^(.*):(\d+): leftover conflict marker$/.exec(line) ?? [];
    if (file !== undefined) marked.set(file, [...(marked.get(file) ?? []), Number(number)]);
  }
  const found: string[] = [];
  for (const [file, numbers] of marked) {
    // Git also reports a line of seven equals signs, which may be under a heading. So both other markers must be there.
    const text = (await fileAt(git, place, commit, file))?.split('\n') ?? [];
    const begins = (sign: string) => numbers.some((number) => text[number - 1]?.startsWith(sign.repeat(7)));
    if (begins('<') && begins('>')) found.push(file);
  }
  return found;
}

/**
 * The entries of a commit that must not be checked out for a verification: links that lead out of the tree, because an
 * install would write through them to other folders, and entries whose content is not in the commit, such as a
 * submodule.
 */
export async function unsafeEntries(git: Git, clone: CleanClone, base: string, commit: string): Promise<string[]> {
  const found: string[] = [];
  for (const { path, after } of await treeChanges(git, clone.place, base, commit)) {
    if (after.mode !== '120000') continue;
    const target = await targetOfLink(git, clone.place, after);
    if (leadsOut(path, target)) found.push(`${readable(path)}: a link that leads out of the repository, to ${readable(target)}`);
  }
  const fault = await unsupported(git, clone, commit, 'The work');
  return fault === null ? found : [...found, fault];
}
