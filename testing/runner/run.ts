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

/** Runs all tests, or those that the arguments choose. Its last line is `N passed, N failed`. */
async function runTests(args: string[]): Promise<number> {
  // All temporary files of the tests are in this folder, so that files left behind can be found.
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'dispatcher-test-')));
  // When root runs the tests, they start programs as other users, and these users must be able to enter the folder.
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
    // When tests are chosen by name, vitest counts all others as skipped.
    if (!args.some((arg) => /^(-t|--testNamePattern)/.test(arg))) for (const name of skipped) console.log(`Skipped: ${name}`);
    // A run without tests fails, and so does a run that broke outside of a test.
    const failures = failed === 0 && (code !== 0 || passed === 0 || left.length > 0) ? 1 : failed;
    console.log(`${passed} passed, ${failures} failed`);
    return failures === 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
