/** The name of the lock in each worktree, which no commit may contain. */
export const worktreeLockName = '.orchestrator.lock';
