import { readdir, readFile, readlink } from 'node:fs/promises';
import { killProcesses } from '../harness/kill-processes.ts';

/**
 * Kills every process whose working folder or temp folder is this folder or one below it. Answers the command line of
 * each.
 */
export async function endProcessesOf(folder: string): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  const pids = (await readdir('/proc')).map(Number).filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  const ended = await Promise.all(pids.map(async (pid) => ((await belongsTo(pid, folder)) ? [await end(pid)] : [])));
  return ended.flat();
}

async function belongsTo(pid: number, folder: string): Promise<boolean> {
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
  if (cwd.startsWith(`${folder}/`)) return true;
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment.split('\0').includes(`TMPDIR=${folder}`);
}

async function end(pid: number): Promise<string> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  killProcesses([pid]);
  return `${pid} ${command.replaceAll('\0', ' ').trim()}`;
}
