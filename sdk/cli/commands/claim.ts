import type { ClaimedTask } from '@recursiv/sdk';
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { numberFrom } from '../flags.ts';
import { taskText } from '../terminal/task-text.ts';
import { oneLine } from '../terminal/terminal-text.ts';

/** `dispatcher claim`: one task by its id. */
export function addClaimCommand(program: Command, cli: Cli): void {
  program
    .command('claim')
    .description('Claim one task by its id.')
    .argument('<id>', 'the task')
    .option('--agent <name>', 'the name to claim it under', cli.environment.agent)
    .option('--lease <seconds>', 'how long it is yours without a heartbeat, 30 to 1800', numberFrom)
    .addHelpText('after', '\nExample:\n  $ dispatcher claim fix-login --agent bill-laptop')
    .action(async (id: string, { agent, lease }: { agent: string; lease?: number }) => {
      const { data } = await (await cli.dispatcher()).claim(id, { agent, lease_seconds: lease });
      cli.print({ data }, () => claimedText(cli, data));
    });
}

/** A task just claimed, and until when. */
export function claimedText(cli: Cli, { task, claim }: ClaimedTask): string {
  const whole = taskText(cli.printer, { ...task, claim });
  const id = oneLine(task.id);
  const { command } = cli.environment;
  return `${whole}\n\nIt is yours. Finish it with \`${command} done ${id}\`, or give it back with \`${command} release ${id}\`.`;
}
