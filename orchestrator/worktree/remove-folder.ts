import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { runVariable } from '../process/orphans.ts';
import { runProcess } from '../process/run-process.ts';

/** Deletes a folder, even when it contains folders that their owner may not write to, as in package caches. */
export async function removeFolder(folder: string): Promise<void> {
  const options = { recursive: true, force: true, maxRetries: 3 };
  await rm(folder, options).catch(async () => {
    await makeWritable(folder);
    await rm(folder, options);
  });
}

async function makeWritable(folder: string): Promise<void> {
  const stat = await lstat(folder).catch(() => null);
  if (!stat?.isDirectory()) return;
  await chmod(folder, 0o700);
  for (const name of await readdir(folder)) await makeWritable(path.join(folder, name));
}

/** The command that deletes folders without slowing down agents. It ends when its daemon ends. */
const atIdle = ['setpriv', '--pdeathsig', 'KILL', '--', 'nice', '-n', '19', 'ionice', '-t', '-c', '3', 'rm', '-rf', '--'];

/** Far longer than any worktree takes. */
const limitMs = 60 * 60_000;

/** Deletes folders at the lowest priority, in a separate process. */
export async function removeAtIdle(folders: readonly string[], environment: Readonly<Record<string, string>>, daemonId: string): Promise<void> {
  const env = { ...environment, [runVariable]: daemonId };
  const end = await runProcess({ command: [...atIdle, ...folders], cwd: '/', env, limitMs, onOutput: () => undefined });
  if (end.how === 'exited' && end.code === 0) return;
  for (const folder of folders) await removeFolder(folder);
}
