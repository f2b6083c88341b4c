import { runProcess } from './run-process.ts';

/** How much of a process tree the system lets us hold: `namespace` ends all of it at once, `group` its process group, strays are looked for. */
export type Containment = (command: readonly string[]) => readonly string[];

/** As PID 1 of a namespace a program would ignore signals and inherit orphans, so a shell stands in front of it and waits. */
const init = ['sh', '-c', '"$@"; exit $?', 'init'];

const dieWithParent = ['setpriv', '--pdeathsig', 'KILL', '--'];
const unshare = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];

const candidates: readonly { readonly name: string; readonly prefix: readonly string[] }[] = [
  { name: 'namespace', prefix: [...dieWithParent, ...unshare, '--', ...init] },
  { name: 'user namespace', prefix: [...dieWithParent, ...unshare, '--user', '--map-current-user', '--', ...init] },
  { name: 'process group', prefix: dieWithParent },
];

/** Finds out, by trying, the strongest way this system allows. */
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
