import path from 'node:path';

/**
 * How Claude Code runs unattended in a worktree. Edits and commands are allowed without a question, for nobody is there to answer; whatever is not on the
 * list is refused rather than asked for. It may not push: what it made is verified first. MCP servers of the user or the repository stay out of it.
 */
export const claudeCodeArguments: readonly string[] = [
  '-p',
  '--output-format',
  'stream-json',
  '--verbose',
  '--permission-mode',
  'acceptEdits',
  '--allowedTools',
  'Bash,Edit,MultiEdit,Write,NotebookEdit,Read,Glob,Grep,LS,TodoWrite,Task',
  '--disallowedTools',
  'Bash(git push:*),WebFetch,WebSearch',
  '--strict-mcp-config',
];

/** The agent's command line. Without arguments of the user's own, a program called `claude` gets those of Claude Code and any other none. */
export function agentCommand(command: readonly string[], args: readonly string[] | undefined, model: string | undefined): string[] {
  const isClaude = /^claude(\.\w+)?$/.test(path.basename(command[0] ?? '')) && command.length === 1;
  return [...command, ...(args ?? (isClaude ? claudeCodeArguments : [])), ...(model === undefined ? [] : ['--model', model])];
}
