import type { CreateInput } from '@recursiv/sdk';
import { type Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { CliError, exitCodes } from '../exit-code.ts';
import { appended, numberFrom } from '../flags.ts';
import { createFromFile, type ImportFlags } from '../import/create-from-file.ts';
import { taskLine } from '../terminal/task-text.ts';
import { withTask } from '../whole-id.ts';

interface Flags extends Omit<CreateInput, 'title' | 'depends_on' | 'concurrency_key'>, Partial<ImportFlags> {
  readonly after?: string[];
  readonly concurrencyKey?: string;
}

const help = `
Examples:
  $ dispatcher create "Fix the login page" --id fix-login --owner bill --rev 5 --sec 8 --effort 2
  $ dispatcher create "Tell the users" --after fix-login
  $ dispatcher create --file tasks.jsonl --owner bill
  $ dispatcher create --file - < tasks.csv`;

/** `dispatcher create`: creates a task, or the tasks of a file. */
export function addCreateCommand(program: Command, cli: Cli): void {
  program
    .command('create')
    .description('Create a task, or the tasks of a file.')
    .argument('[title]', 'what is to be done, in one line')
    .option('-f, --file <file>', 'create a task for each line of a JSON Lines or CSV file; - is standard input')
    .addOption(new Option('--format <format>', 'the format of the file (told from its name)').choices(['jsonl', 'csv']))
    .option('--from-line <n>', 'leave out what is before this line of the file', numberFrom)
    .option('--id <id>', 'your own id for it')
    .option('--description <text>', 'the details')
    .option('--project <name>', 'the project it belongs to')
    .option('--owner <name>', 'who is responsible')
    .option('--milestone <name>', 'the milestone it counts towards')
    .addOption(new Option('--layer <layer>', 'the layer it belongs to').choices(['core', 'plugin', 'ops']))
    .option('--rev <n>', 'revenue: how much money it brings, 0 to 10', numberFrom)
    .option('--use <n>', 'use: how many people use it, and how often, 0 to 10', numberFrom)
    .option('--ts <n>', 'time saved: how much time it saves people, 0 to 10', numberFrom)
    .option('--sec <n>', 'security: how much it lowers a risk, 0 to 10', numberFrom)
    .option('--stab <n>', 'stability: how much more reliable it makes things, 0 to 10', numberFrom)
    .option('--effort <n>', 'effort: how much work it is, over 0 up to 100', numberFrom)
    .option('--held', 'do not hand it out for now')
    .option('--after <id>', 'a task that must be done before; may be given several times', appended)
    .option('--concurrency-key <key>', 'at most one task with this key is claimed at a time')
    .option('--notes <text>', 'what the one who works on it should know')
    .addHelpText('after', help)
    .action(async (title: string | undefined, { after = [], concurrencyKey, file, format, fromLine, ...input }: Flags) => {
      if ((title === undefined) === (file === undefined)) throw new CliError('Give either a title or --file.', exitCodes.usage);
      const dispatcher = await cli.dispatcher();
      const dependsOn = await Promise.all(after.map(async (id) => (await withTask(cli, id, (taskId) => dispatcher.get(taskId))).data.id));
      const more = { ...input, ...(dependsOn.length > 0 && { depends_on: dependsOn }), concurrency_key: concurrencyKey };
      if (file !== undefined) {
        const data = await createFromFile(cli, { file, format, fromLine }, more);
        return cli.print({ data }, () => `${data.length} ${data.length === 1 ? 'task' : 'tasks'} created.`);
      }
      const { data } = await dispatcher.create({ ...more, title: title ?? '' });
      cli.print({ data }, () => taskLine(cli.printer, data));
    });
}
