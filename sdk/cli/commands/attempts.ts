import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { everyPage } from '../every-page.ts';
import { attemptsText } from '../terminal/attempts-text.ts';
import { withTask } from '../whole-id.ts';

/** `dispatcher attempts`: lists who tried a task, and how it went. */
export function addAttemptsCommand(program: Command, cli: Cli): void {
  program
    .command('attempts')
    .description('List the attempts at a task: who held it, how long, and how it ended.')
    .argument('<id>', 'the task: its id, or the beginning of it')
    .addHelpText('after', '\nExample:\n  $ dispatcher attempts fix-login')
    .action(async (id: string) => {
      const dispatcher = await cli.dispatcher();
      const { data: task } = await withTask(cli, id, (taskId) => dispatcher.get(taskId));
      const { data, meta } = await everyPage((cursor) => dispatcher.attempts(task.id, { cursor }));
      cli.print({ data, meta }, () => (data.length === 0 ? 'Nobody has claimed it yet.' : attemptsText(cli.printer, task, data)));
    });
}
