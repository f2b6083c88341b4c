import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '../..');
const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));

/** Every script for operators, with the program that it runs. */
const programs = Object.entries(scripts).filter(([name]) => /^(start|start:.*|migrate|keys|stats:.*)$/.test(name));

interface End {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program of a script, with arguments as npm passes them on, and with `env` as the only settings. */
async function run(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<End> {
  const [file = '', ...rest] = script.replace('exec node ', '').split(' ');
  const child = spawn(process.execPath, [join(root, file), ...rest, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk;
  });
  const [code]: unknown[] = await once(child, 'close');
  return { code: typeof code === 'number' ? code : null, ...output };
}

test('there are scripts for operators', () => {
  expect(programs.length).toBeGreaterThan(8);
});

test.each(programs)('%s --help shows the command and its settings', async (name, script) => {
  const { code, stdout } = await run(script, ['--help'], { DISPATCHER_API_KEY: 'bad', PORT: 'x' });
  expect(code).toBe(0);
  expect(stdout).toContain(/^start(:api)?$/.test(name) ? 'npm start' : name);
  expect(stdout).toMatch(/^ {2}(DATABASE_URL|PORT|DISPATCHER_URL) {2,}\w/m);
});

test.each(programs)('%s refuses an option that it does not have, and starts nothing', async (_name, script) => {
  expect(await run(script, ['--hlep'])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('Did you mean --help?') });
});

test.each(programs)('%s refuses a misspelt setting and names the right one', async (name, script) => {
  const args = name === 'keys' ? ['list'] : [];
  const { code, stderr } = await run(script, args, { DISPATCHER_DATA_DIRECTORY: '/tmp' });
  expect(code).not.toBe(0);
  expect(stderr).toContain('DISPATCHER_DATA_DIRECTORY is not a setting of Dispatcher. Did you mean DISPATCHER_DATA_DIR?');
});
