import path from 'node:path';

/**
 * How Claude Code runs unattended in a worktree. Nobody is there to answer a question, so whatever is not allowed is
 * refused. `acceptEdits` allows files of the worktree and no others; a file tool on the list of allowed ones would be
 * allowed everywhere. What would leave the worktree by git is refused: what it made is verified before it is pushed.
 * MCP servers of the user or the repository stay out of it.
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
 * The agent's command line. Without arguments of the user's own, a program called `claude` gets those of Claude Code
 * and any other none.
 */
export function agentCommand(command: readonly string[], args: readonly string[] | undefined, model: string | undefined): string[] {
  const isClaude = /^claude(\.\w+)?$/.test(path.basename(command[0] ?? '')) && command.length === 1;
  return [...command, ...(args ?? (isClaude ? claudeCodeArguments : [])), ...(model === undefined ? [] : ['--model', model])];
}
