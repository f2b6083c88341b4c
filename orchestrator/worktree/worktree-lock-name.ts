/** The name of the lock file in each worktree. It is never committed. */
export const worktreeLockName = '.orchestrator.lock';
