import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The resident memory of a process and its Node child processes, in MiB. */
export async function memoryOf(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,rss=,comm=']);
  const all = stdout.split('\n').map((line) => {
    const [id = '', parent = '', kib = '', ...command] = line.trim().split(/\s+/);
    return { id: Number(id), parent: Number(parent), kib: Number(kib), command: command.join(' ') };
  });
  const wanted = new Set([pid]);
  for (let before = 0; before !== wanted.size; ) {
    before = wanted.size;
    for (const { id, parent, command } of all) if (wanted.has(parent) && !/postgres|nats/.test(command)) wanted.add(id);
  }
  return all.filter(({ id }) => wanted.has(id)).reduce((sum, { kib }) => sum + kib / 1024, 0);
}
