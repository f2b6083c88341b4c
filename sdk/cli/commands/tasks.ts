import type { Page, Recursiv, Task, TasksParams } from '@recursiv/sdk';
import { type Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { everyPage } from '../every-page.ts';
import { CliError, exitCodes } from '../exit-code.ts';
import { addFilterFlags, numberFrom } from '../flags.ts';
import { tasksTable } from '../terminal/tasks-table.ts';

interface Flags extends TasksParams {
  readonly all?: boolean;
}

const help = `
Without --status and --all the list has the tasks that are pending or claimed.

Examples:
  $ dispatcher tasks --owner bill
  $ dispatcher tasks --held
  $ dispatcher tasks --ready
  $ dispatcher tasks --status done --limit 50`;

/** `dispatcher tasks`: lists tasks in the order in which claim-next hands them out. */
export function addTasksCommand(program: Command, cli: Cli): void {
  const command = program.command('tasks').description('List tasks, the best first. Tasks that are done are left out unless you ask for them.');
  addFilterFlags(command)
    .addOption(new Option('--status <status>', 'only tasks that are').choices(['pending', 'claimed', 'in_progress', 'done']))
    .option('--held', 'only held tasks, and why they are held')
    .option('--no-held', 'only tasks that are not held')
    .option('--ready', 'only tasks that can be handed out now')
    .option('--no-ready', 'only pending tasks that cannot be handed out now')
    .option('--blocked', 'only tasks that wait for other tasks')
    .option('--limit <n>', 'how many, 1 to 200 (20)', numberFrom)
    .option('--offset <n>', 'with --status or --all: how many to pass over', numberFrom)
    .option('--cursor <cursor>', 'with --status or --all: the page after this')
    .option('--all', 'every page, and without --status also what is done')
    .addHelpText('after', help)
    .action(async ({ all, ...flags }: Flags) => {
      const dispatcher = await cli.dispatcher();
      const params = withStatus(flags);
      const isOpenOnly = params.status === undefined && all !== true;
      if (isOpenOnly) refusePlace(params);
      const { data, meta } = isOpenOnly ? await openTasks(dispatcher, params) : await listTasks(dispatcher, params, all === true);
      cli.print({ data, meta }, () =>
        data.length === 0 ? noneText(isOpenOnly && params.held !== true) : tasksTable(cli.printer, data, params.held === true),
      );
      if (!cli.isJson() && meta.has_more) cli.printer.note(`There are more: ${whatFollows(meta)}`);
    });
}

/** Only a pending task can be ready or blocked, so those flags name the status as well. */
function withStatus(params: TasksParams): TasksParams {
  const isPendingOnly = params.ready !== undefined || params.blocked !== undefined;
  return isPendingOnly && params.status === undefined ? { ...params, status: 'pending' } : params;
}

function noneText(isOpenOnly: boolean): string {
  return isOpenOnly ? 'No task is pending or claimed. --all also shows what is done.' : 'No tasks.';
}

/** The list is made of two lists of the API, so a place in one of them says nothing about the other. */
function refusePlace({ offset, cursor }: TasksParams): void {
  if (offset === undefined && cursor === undefined) return;
  throw new CliError(`${cursor === undefined ? '--offset' : '--cursor'} needs --status or --all.`, exitCodes.usage);
}

function whatFollows({ next_cursor }: Page): string {
  return next_cursor === undefined ? '--limit takes up to 200, and --status pending --all shows every one.' : `--all, or --cursor ${next_cursor}`;
}

/** Lists what is not done. The API lists one status or all, so this merges two of its lists in its order. */
async function openTasks(dispatcher: Recursiv['dispatcher'], params: TasksParams): Promise<{ data: Task[]; meta: Page }> {
  const lists = await Promise.all(['claimed', 'pending'].map((status) => dispatcher.tasks({ ...params, status })));
  // A task that is claimed between the two calls is in both lists.
  const both = [...new Map(lists.flatMap(({ data }) => data).map((task) => [`${task.organization_id}/${task.id}`, task])).values()].sort(byOrder);
  const limit = lists[0]?.meta.limit ?? both.length;
  const hasMore = both.length > limit || lists.some(({ meta }) => meta.has_more);
  return { data: both.slice(0, limit), meta: { limit, offset: 0, has_more: hasMore } };
}

function byOrder(one: Task, other: Task): number {
  const older = Date.parse(one.created_at) - Date.parse(other.created_at);
  return other.effective_score - one.effective_score || older || (one.id < other.id ? -1 : 1);
}

function listTasks(dispatcher: Recursiv['dispatcher'], params: TasksParams, isAll: boolean): Promise<{ data: Task[]; meta: Page }> {
  if (!isAll) return dispatcher.tasks(params);
  const { offset, cursor: first, ...rest } = { limit: 200, ...params };
  return everyPage((cursor) => dispatcher.tasks(cursor === undefined ? { ...rest, offset, cursor: first } : { ...rest, cursor }));
}
