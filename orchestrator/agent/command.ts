import path from 'node:path';

/**
 * The arguments with which Claude Code runs unattended in a worktree. Nobody can answer a question, so everything that
 * is not allowed is refused. `acceptEdits` allows edits of files in the worktree only; a file tool in the list of
 * allowed tools would be allowed everywhere. Git commands that leave the worktree are refused, because work is verified
 * before it is pushed. MCP servers of the user and the repository are not used.
 */
export const claudeCodeArguments: readonly string[] = [
  '-p',
  '--output-format',
  'stream-json',
  '--verbose',
  '--permission-mode',
  'acceptEdits',
  '--allowedTools',
  'Bash,TodoWrite,Task',
  '--disallowedTools',
  'Bash(git push:*),Bash(git stash:*),Bash(git config:*),Bash(git worktree:*),WebFetch,WebSearch',
  '--strict-mcp-config',
];

/**
 * The agent's command line. When the user sets no arguments, a program called `claude` gets the arguments above, and
 * any other program gets none.
 */
export function agentCommand(command: readonly string[], args: readonly string[] | undefined, model: string | undefined): string[] {
  const isClaude = /^claude(\.\w+)?$/.test(path.basename(command[0] ?? '')) && command.length === 1;
  return [...command, ...(args ?? (isClaude ? claudeCodeArguments : [])), ...(model === undefined ? [] : ['--model', model])];
}
