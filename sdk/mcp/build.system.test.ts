import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

test('the packages of the SDK and of the MCP server can be built, and what is built has no tests and runs', async () => {
  const built = ['proto', 'sdk/client', 'sdk/mcp'].map((folder) => join(root, folder, 'dist'));
  const removeAll = () => Promise.all(built.map((folder) => rm(folder, { recursive: true, force: true })));
  await removeAll();
  try {
    const { stdout } = await run(process.execPath, ['node_modules/typescript/bin/tsc', '-b', 'sdk/mcp/tsconfig.build.json', '--listEmittedFiles'], {
      cwd: root,
    });
    expect(stdout).toContain('sdk/client/dist/node.js');
    expect(stdout).not.toContain('.test.');
    expect((await run(process.execPath, [join(root, 'sdk/mcp/dist/main.js'), '--version'])).stdout).toBe('0.1.0\n');
  } finally {
    await removeAll();
  }
});
