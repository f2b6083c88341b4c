import type { CleanClone } from '../git/clean-clone.ts';
import { fileAt } from '../git/commit.ts';
import type { Git } from '../git/git.ts';

/** What decides whether a commit may land. */
export interface VerifyCommands {
  /** Makes a fresh checkout ready; null when nothing has to. */
  readonly setup: string | null;
  readonly verify: string;
}

/** The operator's own commands, where set. */
export interface CommandSettings {
  readonly setupCommand: string | undefined;
  readonly verifyCommand: string | undefined;
}

/** The package managers by their lockfiles, and how each installs exactly what the lockfile says. */
const managers = [
  { lockfile: 'pnpm-lock.yaml', name: 'pnpm', install: 'pnpm install --frozen-lockfile' },
  { lockfile: 'yarn.lock', name: 'yarn', install: 'yarn install --frozen-lockfile' },
  { lockfile: 'package-lock.json', name: 'npm', install: 'npm ci' },
] as const;

/**
 * The commands for a base commit: the operator's, or else the base's own `typecheck` and `test` scripts after an install by its lockfile. They are read from
 * the base, never from the work they judge. Null when nothing would verify.
 */
export async function verifyCommands(git: Git, clone: CleanClone, base: string, settings: CommandSettings): Promise<VerifyCommands | null> {
  if (settings.verifyCommand !== undefined) return { setup: settings.setupCommand ?? null, verify: settings.verifyCommand };
  const { stdout } = await git(clone.place, ['ls-tree', '--name-only', '-z', base]);
  const files = stdout.split('\0');
  const manager = managers.find(({ lockfile }) => files.includes(lockfile));
  const scripts = scriptsOf(await fileAt(git, clone.place, base, 'package.json'));
  const runs = ['typecheck', 'test'].filter((name) => name in scripts).map((name) => `${manager?.name ?? 'npm'} run ${name}`);
  if (runs.length === 0) return null;
  return { setup: settings.setupCommand ?? manager?.install ?? null, verify: runs.join(' && ') };
}

/** What a person is told when the base has nothing that verifies. */
export function nothingVerifies(baseBranch: string): string {
  return `Nothing verifies: ${baseBranch} has no typecheck or test script, and ORCH_VERIFY_CMD is not set.`;
}

function scriptsOf(manifest: string | null): object {
  try {
    const parsed: unknown = JSON.parse(manifest ?? '{}');
    const scripts: unknown = typeof parsed === 'object' && parsed !== null && 'scripts' in parsed ? parsed.scripts : {};
    return typeof scripts === 'object' && scripts !== null ? scripts : {};
  } catch {
    return {};
  }
}
