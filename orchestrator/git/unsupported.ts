import type { CleanClone } from './clean-clone.ts';
import type { Git } from './git.ts';

/** Why agents cannot work on a base whose files are not all in its commits. Null when they can. */
export async function unsupported(git: Git, { place }: CleanClone, base: string, branch: string): Promise<string | null> {
  const { stdout } = await git(place, ['ls-tree', '-r', '-z', '--format=%(objectmode) %(path)', base]);
  const entries = stdout.split('\0');
  const submodule = entries.find((entry) => entry.startsWith('160000 '))?.slice('160000 '.length);
  if (submodule !== undefined) return `${branch} has a submodule (${submodule}), which is not supported: edits inside it would be lost.`;
  const attributes = entries.filter((entry) => /(^|[ /])\.gitattributes$/.test(entry)).map((entry) => entry.slice(entry.indexOf(' ') + 1));
  for (const file of attributes) {
    const text = (await git(place, ['cat-file', 'blob', `${base}:${file}`])).stdout;
    const filter = /^[^#\n]*\sfilter=(\S+)/m.exec(text)?.[1];
    if (filter === undefined) continue;
    const name = filter === 'lfs' ? 'Git LFS' : `the filter ${JSON.stringify(filter)}`;
    return `${branch} keeps files by ${name} (${file}), which is not supported: no filter runs here, so raw files would land in place of what it stores.`;
  }
  return null;
}
