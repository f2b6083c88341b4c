import type { ClaimedTask } from '@recursiv/sdk';
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { numberFrom } from '../flags.ts';
import { shortId } from '../terminal/short-id.ts';
import { taskText } from '../terminal/task-text.ts';
import { oneLine } from '../terminal/terminal-text.ts';
import { withTask } from '../whole-id.ts';

/** `dispatcher claim`: claims one task by its id. */
export function addClaimCommand(program: Command, cli: Cli): void {
  program
    .command('claim')
    .description('Claim one task by its id.')
    .argument('<id>', 'the task: its id, or the beginning of it')
    .option('--agent <name>', 'the name of the claimer', cli.environment.agent)
    .option('--lease <seconds>', 'how long the claim lasts without a heartbeat, 30 to 1800 (1800)', numberFrom)
    .addHelpText('after', '\nExample:\n  $ dispatcher claim fix-login --agent bill-laptop')
    .action(async (id: string, { agent, lease }: { agent: string; lease?: number }) => {
      const dispatcher = await cli.dispatcher();
      const { data } = await withTask(cli, id, (taskId) => dispatcher.claim(taskId, { agent, lease_seconds: lease }));
      cli.print({ data }, () => claimedText(cli, data));
    });
}

/** A task that was just claimed, and what to do next. */
export function claimedText(cli: Cli, { task, claim }: ClaimedTask): string {
  const whole = taskText(cli.printer, { ...task, claim });
  const id = oneLine(shortId(cli.printer, task.id));
  const { command } = cli.environment;
  return `${whole}\n\nIt is yours. Finish it or give it back:\n  ${command} done ${id}\n  ${command} release ${id}`;
}
