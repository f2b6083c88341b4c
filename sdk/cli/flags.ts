import { type Command, InvalidArgumentError, Option } from 'commander';

/** A number, whole or not; the API checks its range. */
export function numberFrom(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('It is not a number.');
  return number;
}

/** Gathers a flag that may stand several times. */
export function appended(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text];
}

/** Adds the filters that listing and claiming share. */
export function addFilterFlags(command: Command): Command {
  return command
    .option('--owner <name>', 'only tasks of this owner')
    .option('--milestone <name>', 'only tasks of this milestone')
    .option('--project <name>', 'only tasks of this project')
    .addOption(new Option('--layer <layer>', 'only tasks of this layer').choices(['core', 'plugin', 'ops']))
    .addOption(new Option('--stage <stage>', 'only tasks of this stage').choices(['build', 'merge']));
}

/** Adds what says whose claim is meant. */
export function addFenceFlags(command: Command): Command {
  return command
    .option('--agent <name>', 'only if this agent holds it; without it, whoever holds it')
    .option('--token <token>', 'only if this is the live claim’s token');
}

/** Adds what a piece of work leaves behind. */
export function addWorkFlags(command: Command): Command {
  return command
    .option('--notes <text>', 'what the next reader should know')
    .option('--pr <url>', 'a pull request; may be given several times', appended)
    .option('--commit <sha>', 'a commit; may be given several times', appended);
}
