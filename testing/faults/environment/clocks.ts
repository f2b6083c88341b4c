import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { findPackagedFile } from '../../harness/debian-package.ts';
import type { Random } from '../random.ts';

/** How far a clock is off, as libfaketime writes it. */
export type ClockOffset = '+1d' | '-1d';

/** The wrong clocks of a run. The clocks of PostgreSQL and of the checks are always right. */
export interface Clocks extends AsyncDisposable {
  /** The environment variables to add for the process with this name; empty when its clock is right. */
  envOf(name: string): Readonly<Record<string, string>>;
}

/** Sets the clocks of four in five processes a day forward or back, at random. */
export async function chooseClocks(names: readonly string[], random: Random): Promise<Clocks> {
  const offsets = random.shuffle<ClockOffset>(['+1d', '-1d']);
  const chosen = new Map(random.shuffle(names).map((name, i) => [name, i % 5 === 4 ? undefined : offsets[i % 2]]));
  const library = await findPackagedFile(libfaketime);
  await removeTraces();
  return {
    envOf: (name) => {
      const offset = chosen.get(name);
      return offset ? clockEnv(library, offset) : {};
    },
    [Symbol.asyncDispose]: removeTraces,
  };
}

/** The environment variables to add for any one program. */
export async function wrongClock(offset: ClockOffset): Promise<Record<string, string>> {
  return clockEnv(await findPackagedFile(libfaketime), offset);
}

const multiarch = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch as string] ?? process.arch;

/** The library for programs with several threads, such as Node. */
const libfaketime = {
  package: 'libfaketime',
  places: [`/usr/lib/${multiarch}/faketime/libfaketimeMT.so.1`, '/usr/lib/faketime/libfaketimeMT.so.1', '/usr/local/lib/faketime/libfaketimeMT.so.1'],
  elsewhere: 'https://github.com/wolfcw/libfaketime',
};

/** Only the wall clock is wrong. Timers use the monotonic clock, which is right. */
function clockEnv(library: string, offset: ClockOffset): Record<string, string> {
  return { LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1', NO_FAKE_STAT: '1' };
}

const sharedMemory = '/dev/shm';

/**
 * Removes the semaphore and the shared memory that the library leaves behind for each killed process. Otherwise a later
 * process with the same id would not start.
 */
async function removeTraces(): Promise<void> {
  if (!existsSync(sharedMemory)) return;
  const traces = (await readdir(sharedMemory)).flatMap((name) => {
    const pid = /^(?:faketime_shm|sem\.faketime_sem)_(\d+)$/.exec(name)?.[1];
    return pid && !existsSync(`/proc/${pid}`) ? [name] : [];
  });
  for (const name of traces) await rm(`${sharedMemory}/${name}`, { force: true });
}
