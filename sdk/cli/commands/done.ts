import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { addFenceFlags, addWorkFlags } from '../flags.ts';
import { taskLine } from '../terminal/task-text.ts';
import { withTask } from '../whole-id.ts';

interface Flags {
  readonly agent?: string;
  readonly token?: string;
  readonly notes?: string;
  readonly pr?: string[];
  readonly commit?: string[];
}

/** `dispatcher done`: ends a claim with the task done. */
export function addDoneCommand(program: Command, cli: Cli): void {
  const command = program.command('done').description('Finish a claimed task.').argument('<id>', 'the task: its id, or the beginning of it');
  addFenceFlags(addWorkFlags(command))
    .addHelpText('after', '\nExample:\n  $ dispatcher done fix-login --notes "Fixed in #12" --pr https://example.com/pulls/12')
    .action(async (id: string, { agent, token, notes, pr, commit }: Flags) => {
      const dispatcher = await cli.dispatcher();
      const { data } = await withTask(cli, id, (taskId) =>
        dispatcher.complete(taskId, { agent, claim_token: token, notes, pr_urls: pr, commits: commit }),
      );
      cli.print({ data }, () => taskLine(cli.printer, data));
    });
}
