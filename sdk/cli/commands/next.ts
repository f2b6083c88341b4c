import type { HeldClaim, HoldInput } from '@recursiv/sdk';
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { CliError, exitCodes } from '../exit-code.ts';
import { addFilterFlags, numberFrom } from '../flags.ts';
import { runCommand } from '../run-command.ts';
import { taskLine } from '../terminal/task-text.ts';
import { oneLine } from '../terminal/terminal-text.ts';
import { claimedText } from './claim.ts';

interface Flags extends Pick<HoldInput, 'agent' | 'owner' | 'milestone' | 'project' | 'layer' | 'stage'> {
  readonly lease?: number;
  readonly wait?: number;
  readonly exec?: string;
  readonly retryAfter?: number;
}

const help = `
Examples:
  $ dispatcher next --owner bill --wait 30
  $ dispatcher next --exec 'claude -p "$DISPATCHER_TASK_TITLE"'

With --exec the command finds the task in its environment: DISPATCHER_TASK_ID, DISPATCHER_TASK_TITLE, DISPATCHER_TASK_DESCRIPTION and so on.
The claim is kept alive while it runs. When it exits with 0 the task is done, else it is released.`;

/** `dispatcher next`: the best task there is, claimed, and with --exec worked on. */
export function addNextCommand(program: Command, cli: Cli): void {
  const command = program.command('next').description('Claim the best task there is. Exit code 4 when there is none.');
  addFilterFlags(command)
    .option('--agent <name>', 'the name to claim it under', cli.environment.agent)
    .option('--lease <seconds>', 'how long it is yours without a heartbeat, 30 to 1800', numberFrom)
    .option('--wait <seconds>', 'how long to wait for a task, 0 to 30', numberFrom)
    .option('--exec <command>', 'run this for it, then finish or release it')
    .option('--retry-after <seconds>', 'with --exec: keep a task that failed back for this long, 0 to 86400', numberFrom)
    .addHelpText('after', help)
    .action(async ({ lease, wait, exec, retryAfter, ...input }: Flags) => {
      const dispatcher = await cli.dispatcher();
      const request = { ...input, lease_seconds: lease, wait_seconds: wait };
      if (exec === undefined) {
        const { data } = await dispatcher.claimNext(request, { signal: cli.signal });
        if (data === null) throw nothing(cli);
        return cli.print({ data }, () => claimedText(cli, data));
      }
      await using held = await dispatcher.hold(request, { signal: cli.signal });
      if (held === null) throw nothing(cli);
      await work(cli, held, { exec, retryAfter });
    });
}

/** With --json a script still reads the API's own answer. */
function nothing(cli: Cli): CliError {
  if (cli.isJson()) cli.print({ data: null }, () => '');
  return new CliError(cli.isJson() ? '' : 'Nothing to do.', exitCodes.nothing);
}

async function work(cli: Cli, held: HeldClaim, { exec, retryAfter }: { exec: string; retryAfter: number | undefined }): Promise<void> {
  cli.printer.note(`Claimed ${oneLine(held.task.id)}: ${oneLine(held.task.title)}`);
  const end = await runCommand(exec, held, AbortSignal.any([held.signal, cli.signal]));
  if (held.signal.aborted) throw new CliError(`The claim on ${held.task.id} was lost; the command was ended.`, exitCodes.conflict);
  if (end.code === 0 && !cli.signal.aborted) {
    const { data } = await held.complete();
    return cli.print({ data }, () => taskLine(data));
  }
  const how = cli.signal.aborted ? 'The command was interrupted.' : `The command ended with ${end.code ?? end.signal}.`;
  const { data } = await held.release({ context_handoff: how, retry_after_seconds: retryAfter });
  cli.print({ data }, () => taskLine(data));
  throw new CliError(how);
}
