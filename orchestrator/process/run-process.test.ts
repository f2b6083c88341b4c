import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { within } from '@dispatcher/testing/harness/patience.ts';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { expect, test, vi } from 'vitest';
import { findContainment } from './containment.ts';
import { tryLock, waitForLock } from './file-lock.ts';
import { killStrays, runVariable, straysOf } from './orphans.ts';
import { runProcess } from './run-process.ts';

const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

async function run(command: readonly string[], options: { input?: string; limitMs?: number; signal?: AbortSignal } = {}) {
  const output: string[] = [];
  const end = await runProcess({ command, cwd: '/', env, limitMs: 10_000, onOutput: (chunk) => output.push(chunk.toString()), ...options });
  return { end, output: output.join('') };
}

test('a process gets its arguments, input and environment unchanged', async () => {
  const { end, output } = await run(['sh', '-c', 'printf "%s|" "$@"; cat; env | grep -c .', 'sh', '$HOME', 'a b'], { input: 'in' });
  expect(end).toEqual({ how: 'exited', code: 0, signal: null });
  expect(output).toMatch(/^\$HOME\|a b\|in/);
});

test('a program that does not exist is told from one that fails', async () => {
  expect((await run(['/no/such/program'])).end.how).toBe('unstartable');
  expect((await run(['false'])).end).toEqual({ how: 'exited', code: 1, signal: null });
});

test('at its time limit a process is ended with its group, even if it ignores SIGTERM', async () => {
  expect((await within(5_000, run(['sh', '-c', 'trap "" TERM; sleep 600'], { limitMs: 100 }))).end.how).toBe('limit');
});

test('an aborted signal ends a process, also one that has not started yet', async () => {
  expect((await run(['sleep', '60'], { signal: AbortSignal.abort() })).end.how).toBe('aborted');
  expect((await run(['sleep', '60'], { signal: AbortSignal.timeout(50) })).end.how).toBe('aborted');
});

test('a child that keeps the output open does not keep the caller waiting', async () => {
  expect((await within(5_000, run(['sh', '-c', 'setsid sleep 6 & exit 0']))).end).toMatchObject({ code: 0 });
});

test('the containment of this system passes exit codes and input through', async () => {
  const { contain } = await findContainment(env.PATH);
  expect((await run(contain(['sh', '-c', 'cat; exit 7']), { input: 'hello' })).end).toEqual({ how: 'exited', code: 7, signal: null });
});

test('stray processes are found by their environment, also in another session, and killed', async () => {
  const id = crypto.randomUUID();
  const stray = spawn('setsid', ['sleep', '60'], { env: { ...env, [runVariable]: id }, stdio: 'ignore' });
  await once(stray, 'spawn');
  const ended = once(stray, 'exit');
  // While setsid becomes sleep, the kernel shows no environment of the process.
  await vi.waitFor(async () => expect(await straysOf(id)).toContain(stray.pid));
  expect(await killStrays(id)).toEqual([]);
  await ended;
  expect(await straysOf(id)).toEqual([]);
});

test('a lock keeps others out until it is released', async () => {
  await using folder = await useFolder();
  const file = `${folder.path}/a/lock`;
  const first = await tryLock(file);
  expect(first).not.toBeNull();
  expect(await tryLock(file)).toBeNull();
  const waiting = waitForLock(file);
  await first?.[Symbol.asyncDispose]();
  const second = await waiting;
  expect(second).not.toBeNull();
  await second?.[Symbol.asyncDispose]();
});

test('waiting for a lock ends when the signal is aborted', async () => {
  await using folder = await useFolder();
  await using held = await tryLock(`${folder.path}/lock`);
  expect(held).not.toBeNull();
  expect(await waitForLock(`${folder.path}/lock`, AbortSignal.timeout(50))).toBeNull();
});
