import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { claudeCodeArguments } from './agent/command.ts';

test('the README shows the command line that Claude Code is started with', () => {
  const readme = readFileSync(path.join(import.meta.dirname, 'README.md'), 'utf8');
  expect(readme).toContain(`\nclaude ${claudeCodeArguments.join(' ')}\n`);
});
