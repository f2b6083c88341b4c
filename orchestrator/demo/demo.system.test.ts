import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { processesWith } from '@dispatcher/testing/orchestrator/harness/processes.ts';
import { until } from '@dispatcher/testing/orchestrator/harness/use-daemon.ts';
import { expect, test } from 'vitest';
import { demoEnvironment } from './config.ts';

const program = path.join(import.meta.dirname, 'main.ts');

test('the demonstration ends with ten verified commits and nothing left', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [program], { env: demoEnvironment(), timeout: 600_000 });
  expect(stdout).toContain('10 of 10 tasks landed; 0 worktrees and 0 task branches are left.');
});

test('Ctrl-C ends the demonstration, and neither a process nor a file is left', async () => {
  const child = spawn(process.execPath, [program], { env: demoEnvironment(), stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  let said = '';
  child.stdout.on('data', (chunk: unknown) => {
    said += String(chunk);
  });
  await until(
    () => said,
    (text) => text.includes('claimed by'),
    120_000,
  );
  child.kill('SIGINT');
  child.kill('SIGINT');
  expect(await closed).toEqual([130, null]);
  const folder = /are in (\S+)\.\n/.exec(said)?.[1] ?? '';
  expect(folder).toContain('dispatcher-demo-');
  expect(existsSync(folder)).toBe(false);
  expect(processesWith(folder)).toEqual([]);
});
