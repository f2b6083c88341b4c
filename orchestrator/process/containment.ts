import { runProcess } from './run-process.ts';

/**
 * Adds to a command what keeps its process tree together, as far as the system allows. A PID namespace ends the whole
 * tree at once. A process group ends with its parent; processes that left the group have to be looked for.
 */
export type Containment = (command: readonly string[]) => readonly string[];

/** PID 1 of a namespace ignores signals and inherits orphans. So a shell takes that place and waits for the program. */
const init = ['sh', '-c', '"$@"; exit $?', 'init'];

const dieWithParent = ['setpriv', '--pdeathsig', 'KILL', '--'];
const unshare = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];

const candidates: readonly { readonly name: string; readonly prefix: readonly string[] }[] = [
  { name: 'namespace', prefix: [...dieWithParent, ...unshare, '--', ...init] },
  { name: 'user namespace', prefix: [...dieWithParent, ...unshare, '--user', '--map-current-user', '--', ...init] },
  { name: 'process group', prefix: dieWithParent },
];

/** Tries the ways from the strongest to the weakest, and answers the first that works on this system. */
export async function findContainment(searchPath: string): Promise<{ name: string; contain: Containment }> {
  for (const { name, prefix } of candidates) {
    const end = await runProcess({
      command: [...prefix, 'true'],
      cwd: '/',
      env: { PATH: searchPath },
      limitMs: 5_000,
      onOutput: () => undefined,
    });
    if (end.how === 'exited' && end.code === 0) return { name, contain: (command) => [...prefix, ...command] };
  }
  return { name: 'process group without parent watch', contain: (command) => command };
}
