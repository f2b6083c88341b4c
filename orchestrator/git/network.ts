import path from 'node:path';
import { wordsFromLine } from '../agent/words.ts';
import type { GitSetting } from './user-settings.ts';

/**
 * How long a command that talks to origin may take in all. Every fetch begins with a listing, and the listing soon
 * finds out that origin does not answer.
 */
const limitsMs: Readonly<Record<string, number>> = { 'ls-remote': 60_000, fetch: 15 * 60_000, push: 15 * 60_000 };

/** The limit of a git command that talks to another machine. Null for other commands. */
export function networkLimitMs(args: readonly string[]): number | null {
  return limitsMs[args[0] ?? ''] ?? null;
}

/**
 * Over HTTP, git gives up a connection on which less than a byte a second arrives for this time. A server that computes
 * sends something every 5 s. The user's own values come later in the list and win.
 */
export const httpLimits: readonly GitSetting[] = [
  ['http.lowSpeedLimit', '1'],
  ['http.lowSpeedTime', '45'],
];

/**
 * Over ssh: how long connecting may take, and after how many unanswered keepalives, 15 s apart, the connection counts
 * as dead.
 */
const sshLimits = '-o ConnectTimeout=30 -o ServerAliveInterval=15 -o ServerAliveCountMax=3';

/**
 * The ssh command for git: the user's own command, by git's order of precedence, with limits added. A program that is
 * not OpenSSH stays as it is.
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
