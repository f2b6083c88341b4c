import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { oneLine } from '../terminal/terminal-text.ts';
import { leaseText } from '../terminal/time-text.ts';
import { withTask } from '../whole-id.ts';

/** `dispatcher heartbeat`: keeps a claim alive. */
export function addHeartbeatCommand(program: Command, cli: Cli): void {
  program
    .command('heartbeat')
    .description('Keep your claim on a task alive.')
    .argument('<id>', 'the task: its id, or the beginning of it')
    .option('--agent <name>', 'the name of the claimer', cli.environment.agent)
    .option('--token <token>', 'only if this is the live claim’s token')
    .addHelpText('after', '\nExample:\n  $ dispatcher heartbeat fix-login --agent bill-laptop')
    .action(async (id: string, { agent, token }: { agent: string; token?: string }) => {
      const dispatcher = await cli.dispatcher();
      const { data } = await withTask(cli, id, (taskId) => dispatcher.heartbeat(taskId, { agent, claim_token: token }));
      cli.print({ data }, () => `${oneLine(data.task_id)} is ${oneLine(data.agent)}’s ${leaseText(cli.printer, data.expires_at)}.`);
    });
}
