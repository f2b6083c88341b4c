import { expect, test } from 'vitest';
import { agentCommand, claudeCodeArguments } from './command.ts';

test('Claude Code gets the arguments for an unattended worktree, wherever it is installed', () => {
  expect(agentCommand(['/opt/claude'], undefined, 'opus')).toEqual(['/opt/claude', ...claudeCodeArguments, '--model', 'opus']);
});

test('the own arguments of the user replace the default arguments', () => {
  expect(agentCommand(['claude'], ['-p', '--continue'], undefined)).toEqual(['claude', '-p', '--continue']);
});

test('another program gets only the arguments of the user', () => {
  expect(agentCommand(['node', 'agent.ts'], undefined, undefined)).toEqual(['node', 'agent.ts']);
});
