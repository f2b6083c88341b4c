import { indexOf, placeOf, readBeginning, type TaskRepository, worktreeGitDir } from '../worktree/task-repository.ts';
import { committer, subjectOf } from './candidate.ts';
import type { CleanClone } from './clean-clone.ts';
import { commitOf, isAncestor } from './commit.ts';
import type { Git } from './git.ts';
import { hiddenFiles } from './hidden-files.ts';
import { keepCommit } from './refs.ts';
import { takeSnapshot } from './snapshot.ts';
import { type TreeChange, targetOfLink, treeChanges } from './tree-changes.ts';
import { largestFileBytes, leadsOut, looksSecret, type Withheld } from './withheld.ts';

/** The work to save, and its name. */
export interface WorkToSave {
  readonly clone: CleanClone;
  readonly task: TaskRepository;
  readonly branch: string;
  readonly baseBranch: string;
  /** The ref of the clean clone for the work. */
  readonly workRef: string;
  readonly title: string;
  readonly identity: { readonly name: string; readonly email: string };
}

/** The saved work. */
export interface SavedWork {
  readonly commit: string;
  /** Files that cannot be committed. They are still in the worktree. */
  readonly withheld: readonly Withheld[];
}

/** Reads the files after set-up. A file that is the same when the agent ends is not the agent's work. */
export async function takeBaseline(git: Git, clone: CleanClone, task: TaskRepository, start: string): Promise<string> {
  return (await takeSnapshot(git, snapshotPlace(clone, task), start, start)).tree;
}

/**
 * Commits the files that an agent left in its worktree to the clean clone. Work is what differs from the tree after
 * set-up. It uses our own index and our own repository, so the agent's changes of index, HEAD and `.git` do not matter.
 * Other commits of the agent are kept under `refs/dispatcher/kept`. Null when no agent has worked.
 */
export async function saveWork(git: Git, work: WorkToSave): Promise<SavedWork | null> {
  const { clone, task, workRef } = work;
  const beginning = await readBeginning(task);
  if (beginning === null || beginning.baseline === null) return null;
  const commits = await commitsOfAgent(git, work);
  const saved = await commitFiles(git, work, { ...beginning, baseline: beginning.baseline }, commits);
  const before = await commitOf(git, clone.place, workRef);
  for (const one of before === null ? commits.all : [before, ...commits.all]) {
    if (!(await isAncestor(git, clone.place, one, saved.commit))) await keepCommit(git, clone, work.branch, one);
  }
  await git(clone.place, ['update-ref', '-m', 'dispatcher', workRef, saved.commit]);
  return saved;
}

/** The commits in an agent's repository. */
interface AgentCommits {
  readonly head: string | null;
  /** The commit of the task's branch. */
  readonly tip: string | null;
  readonly all: readonly string[];
}

/**
 * Fetches the agent's commits into the clean clone: those of HEAD, of the branches and of the stash. A repository that
 * the agent broke has none.
 */
async function commitsOfAgent(git: Git, { clone, task, branch }: WorkToSave): Promise<AgentCommits> {
  const place = placeOf(task);
  const gitDir = await worktreeGitDir(task);
  try {
    const head = gitDir === null ? null : await commitOf(git, { gitDir }, 'HEAD');
    const { stdout } = await git(place, ['for-each-ref', '--format=%(objectname) %(refname)', 'refs/heads', 'refs/stash']);
    const refs = stdout.split('\n').map((line) => ({ commit: line.slice(0, line.indexOf(' ')), name: line.slice(line.indexOf(' ') + 1) }));
    const all = [...new Set([head ?? '', ...refs.map(({ commit }) => commit)])].filter((one) => one !== '');
    const words = ['--quiet', '--no-tags', '--no-write-fetch-head', '--upload-pack', 'git-upload-pack', '--end-of-options', place.gitDir];
    if (all.length > 0) await git(clone.place, ['fetch', ...words, ...all], { localOnly: true });
    return { head, tip: refs.find(({ name }) => name === `refs/heads/${branch}`)?.commit ?? null, all };
  } catch {
    return { head: null, tip: null, all: [] };
  }
}

/** The commit of the agent's HEAD, if it descends from the commit with which the worktree began. */
async function relatedOr(git: Git, { place }: CleanClone, head: string | null, start: string): Promise<string> {
  if (head === null) return start;
  return (await git(place, ['merge-base', head, start], { accept: [0, 1] })).code === 0 ? head : start;
}

async function commitFiles(git: Git, work: WorkToSave, beginning: { start: string; baseline: string }, commits: AgentCommits): Promise<SavedWork> {
  const { clone } = work;
  const place = snapshotPlace(clone, work.task);
  let head = await relatedOr(git, clone, commits.head, beginning.start);
  let seen = await takeSnapshot(git, place, head, beginning.start);
  // When the agent checked out an older commit and changed nothing, its work is on the branch.
  if (commits.tip !== null && seen.tree === (await treeOf(git, clone, head)) && (await isAncestor(git, clone.place, head, commits.tip))) {
    head = commits.tip;
    seen = { ...seen, tree: await treeOf(git, clone, head) };
    await git(place, ['read-tree', '-m', head]);
  }
  const corrections = await setUpCorrections(git, work, beginning, head, seen.tree);
  const refused = await refusedChanges(git, clone, beginning.start, seen.tree);
  const hidden = await hiddenFiles(git, clone, work.task, await treeOf(git, clone, head), seen.tree);
  const restored = [...corrections, ...hidden, ...refused.map(({ change }) => change)];
  if (restored.length > 0) {
    const input = restored.map(({ path, before }) => `${before.mode} ${before.object}\t${path}\0`).join('');
    await git(place, ['update-index', '-z', '--index-info'], { input, bytes: true });
  }
  const tree = restored.length === 0 ? seen.tree : (await git(place, ['write-tree'])).stdout.trim();
  const withheld = [...seen.withheld, ...refused.map(({ change, why }) => ({ path: change.path, why }))];
  if (refused.length === 0 && tree === (await treeOf(git, clone, head))) return { commit: head, withheld };
  // Refused files must not leave this machine in the history of the branch either.
  const parents = refused.length === 0 ? [head] : await parentsWithoutHistory(git, work, beginning.start, head);
  const identity = { GIT_AUTHOR_NAME: work.identity.name, GIT_AUTHOR_EMAIL: work.identity.email, ...committer };
  const words = ['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent]), '-F', '-'];
  const commit = (await git(clone.place, words, { input: `${subjectOf(work.title)}\n`, env: identity })).stdout.trim();
  return { commit, withheld };
}

/**
 * Reverts the changes of set-up that the agent left as they were. A change stays when the base now has the same
 * content, because then the agent has merged the base.
 */
async function setUpCorrections(
  git: Git,
  { clone, baseBranch }: WorkToSave,
  beginning: { start: string; baseline: string },
  head: string,
  tree: string,
): Promise<TreeChange[]> {
  const bySetUp = await treeChanges(git, clone.place, await treeOf(git, clone, beginning.start), beginning.baseline);
  if (bySetUp.length === 0) return [];
  const byAgent = new Set((await treeChanges(git, clone.place, beginning.baseline, tree)).map((one) => one.path));
  const merged = await mergedBase(git, clone, baseBranch, head);
  const unlikeBase = new Set(
    merged === null ? [] : (await treeChanges(git, clone.place, await treeOf(git, clone, merged), tree)).map((one) => one.path),
  );
  return bySetUp.filter(({ path }) => !byAgent.has(path) && (merged === null || unlikeBase.has(path)));
}

/** Changes that must not be in a commit of a task, each with the reason. */
async function refusedChanges(git: Git, clone: CleanClone, start: string, tree: string): Promise<{ change: TreeChange; why: string }[]> {
  const changes = (await treeChanges(git, clone.place, await treeOf(git, clone, start), tree)).filter(({ status }) => status !== 'D');
  const sizes = await sizesOf(git, clone, changes);
  const refused: { change: TreeChange; why: string }[] = [];
  for (const change of changes) {
    const why = await refusal(git, clone, change, sizes.get(change.after.object) ?? 0);
    if (why !== null) refused.push({ change, why });
  }
  return refused;
}

async function refusal(git: Git, clone: CleanClone, change: TreeChange, size: number): Promise<string | null> {
  const { path, status, after } = change;
  if (after.mode === '160000') return 'a repository inside the repository';
  if (after.mode === '120000') {
    const target = await targetOfLink(git, clone.place, after);
    return leadsOut(path, target) ? `a link that leads out of the repository, to ${target}` : null;
  }
  if (status === 'A' && looksSecret(path)) return 'its name looks like that of a secret';
  return size > largestFileBytes ? `${Math.round(size / 1024 / 1024)} MiB; the limit is ${largestFileBytes / 1024 / 1024} MiB` : null;
}

async function sizesOf(git: Git, clone: CleanClone, changes: readonly TreeChange[]): Promise<ReadonlyMap<string, number>> {
  const objects = changes.filter(({ after }) => after.mode.startsWith('100')).map(({ after }) => after.object);
  if (objects.length === 0) return new Map();
  const { stdout } = await git(clone.place, ['cat-file', '--batch-check=%(objectname) %(objectsize)'], { input: `${objects.join('\n')}\n` });
  return new Map(stdout.split('\n').map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]));
}

/**
 * The parents of a commit that has all of the work and none of its history: the start, and the base if the agent has
 * merged it since.
 */
async function parentsWithoutHistory(git: Git, { clone, baseBranch }: WorkToSave, start: string, head: string): Promise<string[]> {
  const merged = await mergedBase(git, clone, baseBranch, head);
  return merged === null || (await isAncestor(git, clone.place, merged, start)) ? [start] : [start, merged];
}

/** The newest commit of the base that the agent's work contains. */
async function mergedBase(git: Git, clone: CleanClone, baseBranch: string, head: string): Promise<string | null> {
  const answer = await git(clone.place, ['merge-base', head, `refs/heads/${baseBranch}`], { accept: [0, 1, 128] });
  return answer.code === 0 ? answer.stdout.trim() : null;
}

async function treeOf(git: Git, clone: CleanClone, commit: string): Promise<string> {
  return (await git(clone.place, ['rev-parse', `${commit}^{tree}`])).stdout.trim();
}

function snapshotPlace(clone: CleanClone, task: TaskRepository) {
  return { gitDir: clone.place.gitDir, workTree: task.worktree, indexFile: indexOf(task) };
}
