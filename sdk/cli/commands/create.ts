import type { CreateInput } from '@recursiv/sdk';
import { type Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { numberFrom } from '../flags.ts';
import { taskLine } from '../terminal/task-text.ts';

/** `dispatcher create`: a new task. */
export function addCreateCommand(program: Command, cli: Cli): void {
  program
    .command('create')
    .description('Create a task.')
    .argument('<title>', 'what is to be done, in a line')
    .option('--id <id>', 'your own id for it')
    .option('--description <text>', 'what is to be done, in full')
    .option('--project <name>', 'the project')
    .option('--owner <name>', 'who is responsible')
    .option('--milestone <name>', 'the milestone')
    .addOption(new Option('--layer <layer>', 'the layer').choices(['core', 'plugin', 'ops']))
    .option('--rev <n>', 'revenue, 0 to 10', numberFrom)
    .option('--use <n>', 'use, 0 to 10', numberFrom)
    .option('--ts <n>', 'time saved, 0 to 10', numberFrom)
    .option('--sec <n>', 'security, 0 to 10', numberFrom)
    .option('--stab <n>', 'stability, 0 to 10', numberFrom)
    .option('--effort <n>', 'effort, over 0 up to 100', numberFrom)
    .option('--held', 'keep it back for now')
    .option('--notes <text>', 'notes')
    .addHelpText('after', '\nExample:\n  $ dispatcher create "Fix the login page" --id fix-login --owner bill --rev 5 --sec 8 --effort 2')
    .action(async (title: string, input: Omit<CreateInput, 'title'>) => {
      const { data } = await (await cli.dispatcher()).create({ ...input, title });
      cli.print({ data }, () => taskLine(cli.printer, data));
    });
}
