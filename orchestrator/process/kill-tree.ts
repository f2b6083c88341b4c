import { setTimeout as delay } from 'node:timers/promises';
import { identityOf, isRunning, type ProcessIdentity, sendSignal } from './process-identity.ts';
import { allPids, readEntry } from './process-table.ts';

/** After this time, killing is given up. */
const boundMs = 5_000;

/** Kills a process and everything it started. False when a process is still there after 5 s. */
export async function killTree(root: ProcessIdentity): Promise<boolean> {
  // While it is stopped it cannot start more children than are counted.
  await sendSignal(root, 'SIGSTOP');
  const tree = [root, ...(await descendantsOf(root.pid))];
  const end = performance.now() + boundMs;
  for (;;) {
    const left = (await Promise.all(tree.map(async (one) => ((await isRunning(one)) ? [one] : [])))).flat();
    if (left.length === 0 || performance.now() > end) return left.length === 0;
    for (const one of left) await sendSignal(one, 'SIGKILL');
    await delay(20);
  }
}

async function descendantsOf(pid: number): Promise<ProcessIdentity[]> {
  const pids = await allPids();
  const children = Map.groupBy(await Promise.all(pids.map(async (one) => ({ one, parent: (await readEntry(one))?.parent }))), ({ parent }) => parent);
  const below = (parent: number): number[] => (children.get(parent) ?? []).flatMap(({ one }) => [one, ...below(one)]);
  return (await Promise.all(below(pid).map(identityOf))).filter((identity) => identity !== null);
}
