import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { tableText } from '../terminal/table.ts';

/** `dispatcher stats`: counts the tasks. */
export function addStatsCommand(program: Command, cli: Cli): void {
  program
    .command('stats')
    .description('Count the tasks by status, owner and layer.')
    .addHelpText('after', '\nExample:\n  $ dispatcher stats --json')
    .action(async () => {
      const { data } = await (await cli.dispatcher()).stats();
      const part = (head: string, counts: Readonly<Record<string, number>>) =>
        tableText(
          cli.printer,
          [
            { head, cell: ([name]: [string, number]) => name },
            { head: 'TASKS', cell: ([, count]: [string, number]) => count, align: 'right' },
          ],
          Object.entries(counts),
        );
      cli.print({ data }, () => [part('STATUS', data.byStatus), part('OWNER', data.byOwner), part('LAYER', data.byLayer)].join('\n\n'));
    });
}
