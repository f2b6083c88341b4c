import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { processesWith } from '@dispatcher/testing/orchestrator/harness/processes.ts';
import { until } from '@dispatcher/testing/orchestrator/harness/use-daemon.ts';
import { expect, test } from 'vitest';
import { killTree } from './kill-tree.ts';
import { identityOf } from './process-identity.ts';

test('the whole process tree is killed, also processes in other sessions or groups, and those that ignore signals', async () => {
  const mark = `81${process.pid}`;
  const root = spawn('sh', ['-c', `trap "" TERM; setsid sh -c "sleep ${mark} & sleep ${mark}; true" & sleep ${mark}; true`], { stdio: 'ignore' });
  await once(root, 'spawn');
  const ended = once(root, 'exit');
  await until(
    () => processesWith(`sleep\0${mark}`).length,
    (count) => count === 3,
  );
  const identity = await identityOf(root.pid ?? 0);
  expect(identity !== null && (await killTree(identity))).toBe(true);
  await ended;
  expect(processesWith(mark)).toEqual([]);
});
