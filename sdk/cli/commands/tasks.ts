import type { Page, Recursiv, Task, TasksParams } from '@recursiv/sdk';
import { type Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { addFilterFlags, numberFrom } from '../flags.ts';
import type { Format } from '../terminal/printer.ts';
import { type Column, tableText } from '../terminal/table.ts';

/** `dispatcher tasks`: the list, in the order claim-next would hand it out. */
export function addTasksCommand(program: Command, cli: Cli): void {
  const command = program.command('tasks').description('List tasks, the best first.');
  addFilterFlags(command)
    .addOption(new Option('--status <status>', 'only tasks that are').choices(['pending', 'claimed', 'in_progress', 'done']))
    .option('--held', 'only held tasks')
    .option('--no-held', 'only tasks that are not held')
    .option('--limit <n>', 'how many, 1 to 200', numberFrom)
    .option('--offset <n>', 'how many to pass over', numberFrom)
    .option('--cursor <cursor>', 'the page after this')
    .option('--all', 'every page')
    .addHelpText('after', '\nExample:\n  $ dispatcher tasks --status pending --owner bill --limit 50')
    .action(async ({ all, ...params }: TasksParams & { all?: boolean }) => {
      const { data, meta } = await listTasks(await cli.dispatcher(), params, all === true);
      cli.print({ data, meta }, () => (data.length === 0 ? 'No tasks.' : tableText(cli.printer, columns, data)));
      if (!cli.isJson() && meta.next_cursor !== undefined) cli.printer.note(`There are more: --all, or --cursor ${meta.next_cursor}`);
    });
}

async function listTasks(dispatcher: Recursiv['dispatcher'], params: TasksParams, isAll: boolean): Promise<{ data: Task[]; meta: Page }> {
  const first = await dispatcher.tasks(isAll ? { limit: 200, ...params } : params);
  let { meta } = first;
  const data = [...first.data];
  while (isAll && meta.next_cursor !== undefined) {
    const next = await dispatcher.tasks({ ...params, offset: undefined, limit: params.limit ?? 200, cursor: meta.next_cursor });
    data.push(...next.data);
    meta = next.meta;
  }
  return { data, meta };
}

const columns: readonly Column<Task>[] = [
  { head: 'ID', cell: ({ id }) => id },
  { head: 'STATUS', cell: statusOf, format: statusFormat },
  { head: 'SCORE', cell: ({ effective_score }) => effective_score.toFixed(2), align: 'right' },
  { head: 'OWNER', cell: ({ owner }) => owner },
  { head: 'LAYER', cell: ({ layer }) => layer },
  { head: 'MILESTONE', cell: ({ milestone }) => milestone },
  { head: 'AGENT', cell: ({ claim }) => claim?.agent ?? null },
  { head: 'TITLE', cell: ({ title }) => title, flexible: true },
];

/** The status, with what keeps a pending task back. */
export function statusOf({ status, stage, held }: Task): string {
  if (status === 'pending' && held) return 'held';
  return status === 'pending' && stage === 'merge' ? 'merge' : status;
}

/** The colour of a status. */
export function statusFormat(task: Task): Format | undefined {
  const formats: Readonly<Record<string, Format>> = { claimed: 'yellow', done: 'green', held: 'red', merge: 'cyan' };
  return formats[statusOf(task)];
}
