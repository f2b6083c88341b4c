import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { explanationText } from '../terminal/explanation-text.ts';
import { withTask } from '../whole-id.ts';

/** `dispatcher why`: says why a task is handed out or not. */
export function addWhyCommand(program: Command, cli: Cli): void {
  program
    .command('why')
    .description('Say why a task is handed out or not, and what to do about it.')
    .argument('<id>', 'the task: its id, or the beginning of it')
    .addHelpText('after', '\nExample:\n  $ dispatcher why fix-login')
    .action(async (id: string) => {
      const dispatcher = await cli.dispatcher();
      const { data } = await withTask(cli, id, (taskId) => dispatcher.explain(taskId));
      cli.print({ data }, () => explanationText(cli.printer, data));
    });
}
