import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentWith } from './config.ts';
import { countTests } from './count-tests.ts';
import { endProcessesOf } from './end-processes-of.ts';

const root = join(import.meta.dirname, '../..');
process.exitCode = await runTests(process.argv.slice(2));

/** Runs the tests, all or those that the arguments choose, and ends with the line `N passed, N failed`. */
async function runTests(args: string[]): Promise<number> {
  // Everything that a test lays under the temp folder is in this one, so what is left behind can be found.
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'dispatcher-test-')));
  // Tests under root start programs as other users, who must get through it.
  await chmod(folder, 0o755);
  try {
    const resultPath = join(folder, 'result.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultPath}`];
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...args], {
      cwd: root,
      stdio: 'inherit',
      env: environmentWith({ TMPDIR: folder, NODE_COMPILE_CACHE: join(folder, 'compile-cache') }),
    });
    const [code]: unknown[] = await once(child, 'exit');
    const { passed, failed, skipped } = await countTests(resultPath);
    const left = await endProcessesOf(folder);
    for (const command of left) console.error(`Left running by a test, and ended now: ${command}`);
    // With a filter by name vitest counts all other tests as skipped.
    if (!args.some((arg) => /^(-t|--testNamePattern)/.test(arg))) for (const name of skipped) console.log(`Skipped: ${name}`);
    // A run without a test, or one that broke outside any test, is a failure too.
    const failures = failed === 0 && (code !== 0 || passed === 0 || left.length > 0) ? 1 : failed;
    console.log(`${passed} passed, ${failures} failed`);
    return failures === 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
