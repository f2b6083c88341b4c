import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { graphText } from '../terminal/graph-text.ts';
import { withTask } from '../whole-id.ts';

/** `dispatcher graph`: shows what a task waits for, and what waits for it. */
export function addGraphCommand(program: Command, cli: Cli): void {
  program
    .command('graph')
    .description('Show what a task waits for, and what waits for it.')
    .argument('<id>', 'the task: its id, or the beginning of it')
    .addHelpText('after', '\nExample:\n  $ dispatcher graph release-v1')
    .action(async (id: string) => {
      const dispatcher = await cli.dispatcher();
      const { data } = await withTask(cli, id, (taskId) => dispatcher.graph(taskId));
      cli.print({ data }, () => graphText(cli.printer, data));
    });
}
