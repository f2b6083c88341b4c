import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { claudeCodeArguments } from './agent/command.ts';

const read = (file: string) => readFileSync(path.join(import.meta.dirname, file), 'utf8');

test('the README shows the command line that Claude Code is started with', () => {
  expect(read('README.md')).toContain(`\nclaude ${claudeCodeArguments.join(' ')}\n`);
});

test('the README names every setting, and no other', () => {
  const settings = [...`${read('config.ts')}${read('swarm/config.ts')}`.matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, name]) => name);
  const named = [...(read('README.md').split('## Settings')[1] ?? '').matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name]) => name);
  expect(settings.length).toBeGreaterThan(20);
  expect(new Set(named)).toEqual(new Set(settings));
});
