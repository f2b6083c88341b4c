import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { everyPage } from '../every-page.ts';
import { attemptsText } from '../terminal/attempts-text.ts';
import { eventLine } from '../terminal/event-text.ts';
import { taskText } from '../terminal/task-text.ts';
import { withTask } from '../whole-id.ts';

/** `dispatcher show`: shows one task, its attempts, and with --activity its history. */
export function addShowCommand(program: Command, cli: Cli): void {
  program
    .command('show')
    .description('Show one task, and how each attempt at it ended.')
    .argument('<id>', 'the task: its id, or the beginning of it')
    .option('--activity', 'also everything that happened to it, oldest first')
    .addHelpText('after', '\nExample:\n  $ dispatcher show fix-login --activity')
    .action(async (id: string, flags: { activity?: boolean }) => {
      const dispatcher = await cli.dispatcher();
      const { data: task } = await withTask(cli, id, (taskId) => dispatcher.get(taskId));
      const { data: events } = flags.activity ? await everyPage((cursor) => dispatcher.activity(task.id, { limit: 200, cursor })) : { data: [] };
      const { data: tries } = cli.isJson() ? { data: [] } : await everyPage((cursor) => dispatcher.attempts(task.id, { cursor }));
      const attempts = tries.length === 0 ? [] : section(cli, 'Attempts', [attemptsText(cli.printer, task, tries)]);
      const lines = events.map((event) => eventLine(cli.printer, event));
      const activity = flags.activity === true ? section(cli, 'Activity', lines) : [];
      cli.print(flags.activity === true ? { data: task, activity: events } : { data: task }, () =>
        [taskText(cli.printer, task, attempts), ...activity].join('\n'),
      );
    });
}

function section({ printer }: Cli, head: string, lines: readonly string[]): string[] {
  return ['', printer.paint('bold', head), ...lines];
}
