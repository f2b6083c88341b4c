import type { HoldInput } from '@recursiv/sdk';
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { workOnTask } from '../exec/work-on-task.ts';
import { CliError, exitCodes } from '../exit-code.ts';
import { addFilterFlags, numberFrom } from '../flags.ts';
import { claimedText } from './claim.ts';

interface Flags extends Pick<HoldInput, 'agent' | 'owner' | 'milestone' | 'project' | 'layer' | 'stage'> {
  readonly lease?: number;
  readonly wait?: number;
  readonly exec?: string;
  readonly retryAfter?: number;
  readonly interactive?: boolean;
}

/**
 * With --exec the claim is renewed while the command runs. So a short lease does no harm, and it ends soon after this
 * machine has failed.
 */
const execLeaseSeconds = 300;

const help = `
Examples:
  $ dispatcher next --owner bill --wait 30
  $ dispatcher next --exec 'claude -p "$DISPATCHER_TASK_TITLE"'

With --exec the command finds the task in its environment:
DISPATCHER_TASK_ID, DISPATCHER_TASK_TITLE, DISPATCHER_TASK_DESCRIPTION, ...
The claim is kept alive while it runs. Exit code 0 means that the task is done.
With any other, the task goes back to the queue: its notes get the end of the
output, and it can be claimed again after 60 s, then 120 s, and so on.
Ctrl-C ends the command and gives the task back.`;

/** `dispatcher next`: claims the best available task, and with --exec runs a command for it. */
export function addNextCommand(program: Command, cli: Cli): void {
  const command = program.command('next').description('Claim the best available task. Exit code 4 when there is none.');
  addFilterFlags(command)
    .option('--agent <name>', 'the name of the claimer', cli.environment.agent)
    .option('--lease <seconds>', 'how long the claim lasts without a heartbeat, 30 to 1800 (1800, with --exec 300)', numberFrom)
    .option('--wait <seconds>', 'how long to wait for a task, 0 to 30 (0)', numberFrom)
    .option('--exec <command>', 'run this command for the task, then finish the task or give it back')
    .option('--interactive', 'with --exec: the command gets the terminal, to ask and to draw; its output is not kept')
    .option('--retry-after <seconds>', 'with --exec: how soon a task that failed can be claimed again, 0 to 86400', numberFrom)
    .addHelpText('after', help)
    .action(async ({ lease, wait, exec, retryAfter, interactive, ...input }: Flags) => {
      const dispatcher = await cli.dispatcher();
      const request = { ...input, lease_seconds: lease ?? (exec === undefined ? undefined : execLeaseSeconds), wait_seconds: wait };
      const signal = cli.stopSignal();
      if (exec === undefined) {
        const { data } = await dispatcher.claimNext(request, { signal });
        if (data === null) throw nothing(cli);
        return cli.print({ data }, () => claimedText(cli, data));
      }
      await using held = await dispatcher.hold(request, { signal });
      if (held === null) throw nothing(cli);
      await workOnTask(cli, held, { command: exec, isInteractive: interactive === true, retryAfter });
    });
}

/** With --json a script still gets the API's own answer. */
function nothing(cli: Cli): CliError {
  if (cli.isJson()) cli.print({ data: null }, () => '');
  return new CliError(cli.isJson() ? '' : 'Nothing to do.', exitCodes.nothing);
}
