import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { identityOf, isRunning, sendSignal } from './process-identity.ts';

test('a signal reaches only the process that is meant, and no later process with the same id', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const ended = once(child, 'exit');
  const identity = await identityOf(child.pid ?? 0);
  if (identity === null) throw new Error('The process has no identity');
  for (const other of [
    { ...identity, startTicks: '1' },
    { ...identity, bootId: 'another boot' },
  ]) {
    expect(await isRunning(other)).toBe(false);
    expect(await sendSignal(other, 'SIGKILL')).toBe(false);
  }
  expect(await isRunning(identity)).toBe(true);
  expect(await sendSignal(identity, 'SIGTERM')).toBe(true);
  expect(await ended).toEqual([null, 'SIGTERM']);
  expect(await isRunning(identity)).toBe(false);
  expect(await sendSignal(identity, 'SIGTERM')).toBe(false);
});

test('the name of a program that looks like other fields of its line in /proc is read correctly', async () => {
  const child = spawn('sh', ['-c', 'printf ") Z 1 (" > /proc/self/comm; read _'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(child, 'spawn');
  const ended = once(child, 'exit');
  expect(await identityOf(child.pid ?? 0)).toMatchObject({ pid: child.pid, startTicks: expect.stringMatching(/^\d+$/) });
  child.stdin.end();
  await ended;
});
