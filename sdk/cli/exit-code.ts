import {
  AuthenticationError,
  AuthorizationError,
  ConflictError,
  ConnectionError,
  NotFoundError,
  RecursivError,
  ValidationError,
} from '@recursiv/sdk';
import { CommanderError } from 'commander';
import type { Printer } from './terminal/printer.ts';
import { oneLine } from './terminal/terminal-text.ts';

/** The exit codes, for scripts. */
export const exitCodes = { ok: 0, error: 1, usage: 2, conflict: 3, nothing: 4 } as const;

/** A failure with a message for people and an exit code. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  /** What to do next, on separate lines. It is safe for a terminal. */
  readonly hint: string | undefined;

  constructor(message: string, exitCode: number = exitCodes.error, hint?: string) {
    super(message);
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

/** The exit code for an error that ended a command. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof ConflictError) return exitCodes.conflict;
  if (error instanceof ValidationError) return exitCodes.usage;
  return exitCodes.error;
}

/** Prints on standard error what went wrong and what to do next. Commander prints its own errors. */
export function reportFailure(error: unknown, printer: Printer, command: string): void {
  if (error instanceof CommanderError || (error instanceof CliError && error.message === '')) return;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof RecursivError ? ` (${error.code})` : '';
  printer.note(`${oneLine(message)}${oneLine(code)}`);
  const hint = hintFor(error, command);
  if (hint !== undefined) printer.note(hint);
}

function hintFor(error: unknown, command: string): string | undefined {
  if (error instanceof CliError) return error.hint;
  if (error instanceof AuthenticationError) return `Set RECURSIV_API_KEY, or run \`${command} login\`.`;
  if (error instanceof AuthorizationError)
    return `Log in with a key that may do this: \`${command} login\`, or \`${command} login --local --admin\` for the admin key.`;
  if (error instanceof NotFoundError && error.code === 'not_found') return `\`${command} tasks --all\` lists every task.`;
  if (error instanceof ConnectionError) return 'Is it running? `npm start` starts it here; --url or RECURSIV_BASE_URL says where else it is.';
  return undefined;
}
