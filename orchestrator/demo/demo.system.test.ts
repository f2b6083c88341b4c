import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { demoEnvironment } from './config.ts';

test('the demonstration ends with ten verified commits and nothing left', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(import.meta.dirname, 'main.ts')], {
    env: demoEnvironment(),
    timeout: 900_000,
  });
  expect(stdout).toContain('10 of 10 tasks landed; 0 worktrees and 0 task branches are left.');
});
