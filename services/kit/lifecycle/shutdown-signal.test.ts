import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

/** A process that prints when it runs and when it gets a signal to stop, and that does not end. */
function useProcess() {
  const code = `
    const { createShutdownSignal } = await import(${JSON.stringify(join(import.meta.dirname, 'shutdown-signal.ts'))});
    const signal = createShutdownSignal();
    signal.addEventListener('abort', () => console.log('stopping'));
    setInterval(() => undefined, 1000);
    console.log('running');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  return { child, exited: once(child, 'exit'), [Symbol.dispose]: () => void child.kill('SIGKILL') };
}

test('two signals of one keystroke stop the process once, and a second keystroke ends it', async () => {
  using running = useProcess();
  const { child, exited } = running;
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  await sleep(700);
  expect(child.exitCode).toBeNull();
  child.kill('SIGINT');
  expect(await exited).toEqual([1, null]);
});
