import type { CleanClone } from '../git/clean-clone.ts';
import { fileAt } from '../git/commit.ts';
import type { Git } from '../git/git.ts';

/** The commands that decide whether a commit may land. */
export interface VerifyCommands {
  /** Prepares a fresh checkout. Null when nothing is needed. */
  readonly setup: string | null;
  readonly verify: string;
}

/** The commands that the operator has set. */
export interface CommandSettings {
  readonly baseBranch: string;
  readonly setupCommand: string | undefined;
  readonly verifyCommand: string | undefined;
}

/** The package managers by their lockfiles, each with the command that installs exactly the lockfile. */
const managers = [
  { lockfile: 'pnpm-lock.yaml', name: 'pnpm', install: 'pnpm install --frozen-lockfile' },
  { lockfile: 'yarn.lock', name: 'yarn', install: 'yarn install --frozen-lockfile' },
  { lockfile: 'bun.lock', name: 'bun', install: 'bun install --frozen-lockfile' },
  { lockfile: 'bun.lockb', name: 'bun', install: 'bun install --frozen-lockfile' },
  { lockfile: 'package-lock.json', name: 'npm', install: 'npm ci' },
  { lockfile: 'npm-shrinkwrap.json', name: 'npm', install: 'npm ci' },
] as const;

/**
 * The commands for a base commit. These are the operator's. Without them they are the base's own `typecheck` and `test`
 * scripts, after an install by its lockfile, or by its list of dependencies when it has no lockfile. They are read from
 * the base and never from the work. When there is no verification, returns the reason in words.
 */
export async function verifyCommands(git: Git, clone: CleanClone, base: string, settings: CommandSettings): Promise<VerifyCommands | string> {
  const { baseBranch, setupCommand, verifyCommand } = settings;
  if (verifyCommand !== undefined) return { setup: setupCommand ?? null, verify: verifyCommand };
  const { stdout } = await git(clone.place, ['ls-tree', '--name-only', '-z', base]);
  const files = stdout.split('\0');
  const manager = managers.find(({ lockfile }) => files.includes(lockfile));
  const manifest = parseManifest(await fileAt(git, clone.place, base, 'package.json'));
  if (typeof manifest === 'string') return `The package.json of ${baseBranch} is not valid JSON (${manifest}), and ORCH_VERIFY_CMD is not set.`;
  const scripts = objectAt(manifest, 'scripts');
  const runs = ['typecheck', 'test'].filter((name) => name in scripts).map((name) => `${manager?.name ?? 'npm'} run ${name}`);
  if (runs.length === 0)
    return `Nothing would verify the work: ${baseBranch} has no package.json with a typecheck or test script. Set ORCH_VERIFY_CMD.`;
  const hasDependencies = ['dependencies', 'devDependencies'].some((key) => Object.keys(objectAt(manifest, key)).length > 0);
  const install = manager?.install ?? (hasDependencies ? 'npm install --no-package-lock' : null);
  return { setup: setupCommand ?? install, verify: runs.join(' && ') };
}

/** The manifest, or the error in it as text. */
function parseManifest(text: string | null): object | string {
  try {
    const parsed: unknown = JSON.parse((text ?? '{}').replace(/^\uFEFF/, ''));
    return typeof parsed === 'object' && parsed !== null ? parsed : 'it holds no object';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function objectAt(manifest: object, key: string): object {
  const value: unknown = Object.entries(manifest).find(([name]) => name === key)?.[1];
  return typeof value === 'object' && value !== null ? value : {};
}
