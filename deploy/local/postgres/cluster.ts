import { once } from 'node:events';
import { chown, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnUnder } from './account.ts';
import type { PostgresPlace } from './place.ts';

/**
 * Creates the cluster unless it exists. It gets its final name only when it is complete, so a kill in the middle leaves
 * no cluster.
 */
export async function createCluster(place: PostgresPlace): Promise<void> {
  const names = await readdir(place.folder);
  for (const name of names.filter((each) => each.startsWith(unfinishedName))) await rm(join(place.folder, name), { recursive: true, force: true });
  if (names.includes('postgres')) return;

  const unfinished = join(place.folder, `${unfinishedName}${process.pid}`);
  await mkdir(unfinished, { mode: 0o700 });
  if (place.account.ids) await chown(unfinished, place.account.ids.uid, place.account.ids.gid);
  await runInitdb(place, unfinished);
  await rename(unfinished, place.cluster);
  await using folder = await open(place.folder, 'r');
  await folder.sync();
}

const unfinishedName = 'postgres.new-';

/** UTF-8, sorted by code points. This order is the same on every machine and with every version of the C library. */
async function runInitdb({ account, binaries }: PostgresPlace, cluster: string): Promise<void> {
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const args = ['--pgdata', cluster, '--username=dispatcher', '--auth=trust', '--no-instructions', ...locale];
  const child = spawnUnder(account, 'KILL', join(binaries, 'bin/initdb'), args, ['ignore', 'ignore', 'pipe']);
  const output: unknown[] = [];
  child.stderr?.on('data', (chunk: unknown) => output.push(chunk));
  const [code]: unknown[] = await once(child, 'close');
  if (code !== 0) throw new Error(`initdb failed: ${output.join('').trim()}`);
}
