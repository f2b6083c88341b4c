import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';

/** A program or library from a Debian package. */
export interface PackagedFile {
  /** Debian's name of the package. */
  readonly package: string;
  /** The paths where it may be. The first that exists is used. */
  readonly places: readonly string[];
  /** Where people find it on other systems. */
  readonly elsewhere: string;
}

/**
 * Finds the path of the file. When it is missing and this process is root, the package is installed. Otherwise it
 * throws an error that says what to do.
 */
export async function findPackagedFile({ package: name, places, elsewhere }: PackagedFile): Promise<string> {
  const found = places.find(existsSync);
  if (found) return found;
  const isRoot = process.getuid?.() === 0;
  const installed = isRoot && ((await install(name)) || ((await run('apt-get', ['update'])) && (await install(name))));
  const path = places.find(existsSync);
  if (!installed || !path) throw new Error(`${name} is missing. On Debian: \`apt-get install ${name}\`; elsewhere see ${elsewhere}.`);
  return path;
}

const install = (name: string) => run('apt-get', ['install', '--yes', '--no-install-recommends', name]);

async function run(command: string, args: string[]): Promise<boolean> {
  const child = spawn(command, args, { stdio: 'ignore', timeout: 120_000 });
  const [code]: unknown[] = await once(child, 'exit').catch(() => [1]);
  return code === 0;
}
