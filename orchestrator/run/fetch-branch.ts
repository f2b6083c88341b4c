import { fetchFromOrigin } from '../git/clean-clone.ts';
import { type ActiveRun, exclusively, fail, showStep } from './active-run.ts';

/** Fetches the work that a builder pushed to origin's branch. After that the run is `built`. */
export async function fetchBranch(run: ActiveRun): Promise<void> {
  const { git, clone } = run.context;
  const { branch } = run.file.record;
  showStep(run, 'fetch');
  const originBranch = await exclusively(run.context, () => fetchFromOrigin(git, clone, branch, { signal: run.signal }));
  if (originBranch === null) return await fail(run, { notes: `origin has no branch ${branch}.` });
  await run.file.update({ state: 'built', originBranch });
}
