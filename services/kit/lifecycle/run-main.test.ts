import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

/** Runs a program that calls `runMain` with the source text `run`, and returns its exit code and its output. */
async function runProgram(run: string, args: readonly string[] = []): Promise<{ code: unknown; output: string }> {
  const code = `
    const { runMain } = await import(${JSON.stringify(join(import.meta.dirname, 'run-main.ts'))});
    const { z } = await import('zod');
    await runMain({ command: 'npm run it', about: 'Runs it.', settings: z.object({}) }, async (signal) => { ${run} });`;
  const options = { cwd: import.meta.dirname, stdio: ['ignore', 'inherit', 'pipe'] as ['ignore', 'inherit', 'pipe'] };
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code, 'it', ...args], options);
  const [output, [exitCode]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { code: exitCode, output };
}

test('a stopped process ends and warns when a timer was not cleared', async () => {
  const { code, output } = await runProgram('setInterval(() => undefined, 1000);');
  expect(code).toBe(0);
  expect(output).toContain('Stopped, but something still runs: ');
  expect(output).toContain('Timeout');
});

test('a process that cannot run prints the error without a stack trace and ends with 1', async () => {
  expect(await runProgram("throw new Error('No.');")).toEqual({ code: 1, output: 'No.\n' });
});

test('a process with a wrong command line ends with 2 before anything runs', async () => {
  expect(await runProgram("throw new Error('No.');", ['--hlep'])).toEqual({ code: 2, output: 'There is no option --hlep. Did you mean --help?\n' });
});
