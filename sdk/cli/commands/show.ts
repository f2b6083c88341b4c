import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { eventLine, taskText } from '../terminal/task-text.ts';

/** `dispatcher show`: one task, with its history if asked for. */
export function addShowCommand(program: Command, cli: Cli): void {
  program
    .command('show')
    .description('Show one task.')
    .argument('<id>', 'the task')
    .option('--activity', 'also what happened to it, oldest first')
    .addHelpText('after', '\nExample:\n  $ dispatcher show fix-login --activity')
    .action(async (id: string, flags: { activity?: boolean }) => {
      const dispatcher = await cli.dispatcher();
      const { data: task } = await dispatcher.get(id);
      if (flags.activity !== true) return cli.print({ data: task }, () => taskText(cli.printer, task));
      const { data: activity } = await dispatcher.activity(id, { limit: 200 });
      const text = () => [taskText(cli.printer, task), '', ...activity.map((event) => eventLine(cli.printer, event))].join('\n');
      cli.print({ data: task, activity }, text);
    });
}
