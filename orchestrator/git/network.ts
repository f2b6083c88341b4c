import path from 'node:path';
import { wordsFromLine } from '../agent/words.ts';
import type { GitSetting } from './user-settings.ts';

/**
 * How long a command that talks to origin may take in all. Every fetch lists first, so a listing finds out soon that
 * nobody answers.
 */
const limitsMs: Readonly<Record<string, number>> = { 'ls-remote': 60_000, fetch: 15 * 60_000, push: 15 * 60_000 };

/** The limit of a git command that talks to another machine; null for one that does not. */
export function networkLimitMs(args: readonly string[]): number | null {
  return limitsMs[args[0] ?? ''] ?? null;
}

/**
 * Over HTTP, git gives up a connection on which less than a byte a second arrives for this long. Servers that only
 * compute send a sign of life every 5 s. The user's own values come later in the list and win.
 */
export const httpLimits: readonly GitSetting[] = [
  ['http.lowSpeedLimit', '1'],
  ['http.lowSpeedTime', '45'],
];

/**
 * Over ssh: how long connecting may take, and after how many unanswered questions, 15 s apart, the connection counts
 * as dead.
 */
const sshLimits = '-o ConnectTimeout=30 -o ServerAliveInterval=15 -o ServerAliveCountMax=3';

/**
 * What git is told about ssh: the user's own command, in git's own order of precedence, with limits added. A program
 * that is not OpenSSH stays as it is.
 */
export function sshEnvironment(
  environment: Readonly<Record<string, string>>,
  settings: readonly GitSetting[],
): { readonly GIT_SSH_COMMAND?: string } {
  const last = (key: string) => settings.findLast(([name]) => name.toLowerCase() === key)?.[1];
  const variant = environment.GIT_SSH_VARIANT ?? last('ssh.variant') ?? 'auto';
  const command = environment.GIT_SSH_COMMAND ?? last('core.sshcommand');
  if (command === undefined && environment.GIT_SSH !== undefined) return {};
  const program = path.basename(wordsFromLine(command ?? 'ssh')?.[0] ?? '');
  return program === 'ssh' && (variant === 'auto' || variant === 'ssh') ? { GIT_SSH_COMMAND: `${command ?? 'ssh'} ${sshLimits}` } : {};
}
