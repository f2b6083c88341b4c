import path from 'node:path';
import { commandEnvironment } from '../agent/environment.ts';
import { minutes } from '../agent/run-agent.ts';
import { createBorrowingRepository, shareRefs } from '../git/borrowing-repository.ts';
import { parallelCheckout } from '../git/git.ts';
import { killStrays, runVariable } from '../process/orphans.ts';
import { runProcess } from '../process/run-process.ts';
import { type ActiveRun, openOutputLog } from '../run/active-run.ts';
import type { VerifyCommands } from './commands.ts';
import { waitForVerifySlot } from './verify-slot.ts';

/** The result of a set-up or a verification command. */
export type CommandResult =
  | { readonly result: 'passed' }
  | { readonly result: 'aborted' }
  | { readonly result: 'failed'; readonly why: string; readonly tail: string; readonly hung: boolean };

/**
 * The folder in which a commit is verified. It is beside the worktrees, with a name that no task id can have and that
 * no other run has. No part of it begins with a dot, because programs that serve files refuse such folders.
 */
export function verifyFolder(run: ActiveRun): string {
  const { worktree, run: id } = run.file.record;
  return path.join(path.dirname(worktree), `VERIFY-${id}`);
}

/**
 * Runs set-up and verification of one commit in a fresh checkout with its own git folder. Both are deleted afterwards.
 * So the checkout has nothing of an earlier verification or of the agent's worktree, and changes by the verified code
 * do no harm.
 */
export async function verifyCommit(run: ActiveRun, commit: string, commands: VerifyCommands, signal: AbortSignal, log = ''): Promise<CommandResult> {
  const folder = verifyFolder(run);
  await using slot = await waitForVerifySlot(run.context.state.locks, signal);
  if (slot === null) return { result: 'aborted' };
  try {
    await checkOut(run, commit, folder);
    if (commands.setup !== null) {
      const end = await runCommand(run, 'setup', commands.setup, folder, signal, log);
      if (end.result !== 'passed') return end;
    }
    return await runCommand(run, 'verify', commands.verify, folder, signal, log);
  } finally {
    await run.context.trash.discard(folder);
  }
}

/**
 * Runs a shell command of the operator, without keys in its environment and with a time limit. Ends everything that it
 * started.
 */
export async function runCommand(
  run: ActiveRun,
  what: string,
  commandLine: string,
  cwd: string,
  signal: AbortSignal,
  logName = '',
): Promise<CommandResult> {
  const { contain, settings } = run.context;
  await using log = openOutputLog(run, `${logName}${what}`);
  const id = run.file.record.run;
  const end = await runProcess({
    command: contain(['sh', '-c', commandLine]),
    cwd,
    env: { ...commandEnvironment(settings.environment, settings.commandEnv), [runVariable]: id },
    limitMs: settings.agentTimeoutMs,
    signal,
    onOutput: (chunk) => log.push(chunk),
  });
  await killStrays(id);
  if (end.how === 'aborted') return { result: 'aborted' };
  if (end.how === 'exited' && end.code === 0) return { result: 'passed' };
  const why =
    end.how === 'limit'
      ? `took over ${minutes(settings.agentTimeoutMs)}`
      : end.how === 'unstartable'
        ? `could not start: ${end.reason}`
        : `ended with ${end.code === null ? end.signal : `exit code ${end.code}`}`;
  return { result: 'failed', why: `The ${what} command (${commandLine}) ${why}. Its log is ${log.file}.`, tail: log.tail, hung: end.how === 'limit' };
}

async function checkOut(run: ActiveRun, commit: string, folder: string): Promise<void> {
  const { git, clone, settings, trash } = run.context;
  await trash.discard(folder);
  const place = { gitDir: path.join(folder, '.git') };
  await createBorrowingRepository(git, clone, place.gitDir, [folder]);
  await shareRefs(git, clone, place.gitDir, settings.baseBranch);
  await git({ ...place, workTree: folder }, ['checkout', '--quiet', '--detach', commit], { config: parallelCheckout });
}

/**
 * Verifies the base itself after the run's work on it has failed. When it fails too, pauses the daemon and returns the
 * reason. Null when it passes.
 */
export async function whyBaseFails(run: ActiveRun, commit: string, commands: VerifyCommands): Promise<string | null> {
  const { base, settings } = run.context;
  return await base.whyItFails({ branch: settings.baseBranch, commit }, () => verifyCommit(run, commit, commands, run.signal, 'base-'));
}
