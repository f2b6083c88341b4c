import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';

/** A process that prints `stopping` when its stop signal is aborted, and that only a second signal ends. */
async function useProgram(): Promise<{ child: ChildProcess; output(): string } & Disposable> {
  const code = `
    import { createStopSignal } from ${JSON.stringify(join(import.meta.dirname, 'node.ts'))};
    createStopSignal().addEventListener('abort', (event) => console.log('stopping:', event.target.reason.message));
    setInterval(() => {}, 1000);
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await vi.waitFor(() => expect(output).toBe('ready\n'));
  return { child, output: () => output, [Symbol.dispose]: () => void child.kill('SIGKILL') };
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s asks a program to stop; two of one keystroke count as one; the next keystroke ends it with %i', async (name, code) => {
  using program = await useProgram();
  const ended = once(program.child, 'exit');
  program.child.kill(name);
  await sleep(3);
  program.child.kill(name);
  await vi.waitFor(() => expect(program.output()).toBe(`ready\nstopping: Stopped by ${name}.\n`));
  await sleep(600);
  expect(program.child.exitCode).toBeNull();
  program.child.kill(name);
  expect(await ended).toEqual([code, null]);
});
