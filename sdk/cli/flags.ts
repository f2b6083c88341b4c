import { type Command, InvalidArgumentError, Option } from 'commander';

/** Reads a number. The API checks its range. */
export function numberFrom(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('It is not a number.');
  return number;
}

/** Collects the values of a flag that may be given several times. */
export function appended(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text];
}

/** Adds the filters of `tasks` and `next`. */
export function addFilterFlags(command: Command): Command {
  return command
    .option('--owner <name>', 'only tasks of this owner')
    .option('--milestone <name>', 'only tasks of this milestone')
    .option('--project <name>', 'only tasks of this project')
    .addOption(new Option('--layer <layer>', 'only tasks of this layer').choices(['core', 'plugin', 'ops']))
    .addOption(new Option('--stage <stage>', 'only tasks of this stage').choices(['build', 'merge']));
}

/** Adds the flags that say whose claim is meant. */
export function addFenceFlags(command: Command): Command {
  return command
    .option('--agent <name>', 'only if this agent holds the task (any agent)')
    .option('--token <token>', 'only if this is the live claim’s token');
}

/** Adds the flags for the results of the work. */
export function addWorkFlags(command: Command): Command {
  return command
    .option('--notes <text>', 'what readers of the task should know')
    .option('--pr <url>', 'a pull request; may be given several times', appended)
    .option('--commit <sha>', 'a commit; may be given several times', appended);
}
