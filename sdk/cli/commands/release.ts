import { type Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { addFenceFlags, addWorkFlags, numberFrom } from '../flags.ts';
import { taskLine } from '../terminal/task-text.ts';
import { withTask } from '../whole-id.ts';

const reasons = ['completed', 'audit_failed', 'blocked', 'needs_human', 'timeout', 'reassigned', 'out_of_scope', 'not_started'];

interface Flags {
  readonly agent?: string;
  readonly token?: string;
  readonly notes?: string;
  readonly pr?: string[];
  readonly commit?: string[];
  readonly reason?: string;
  readonly retryAfter?: number;
  readonly branch?: string;
  readonly handoff?: string;
}

/** `dispatcher release`: ends a claim with the task pending again. */
export function addReleaseCommand(program: Command, cli: Cli): void {
  const command = program.command('release').description('Give a claimed task back.').argument('<id>', 'the task: its id, or the beginning of it');
  addFenceFlags(addWorkFlags(command))
    .addOption(new Option('--reason <reason>', 'why; `completed` means built, but not merged yet').choices(reasons))
    .option('--retry-after <seconds>', 'how soon it can be claimed again, 0 to 86400 (0)', numberFrom)
    .option('--branch <name>', 'the branch the work is on')
    .option('--handoff <text>', 'what the next claimer should know')
    .addHelpText('after', '\nExample:\n  $ dispatcher release fix-login --reason blocked --notes "Waits for the new certificate"')
    .action(async (id: string, { agent, token, notes, pr, commit, reason, retryAfter, branch, handoff }: Flags) => {
      const dispatcher = await cli.dispatcher();
      const fence = { agent, claim_token: token };
      const work = { notes, pr_urls: pr, commits: commit, branch, context_handoff: handoff };
      const input = { ...fence, ...work, release_reason: reason, retry_after_seconds: retryAfter };
      const { data } = await withTask(cli, id, (taskId) => dispatcher.release(taskId, input));
      cli.print({ data }, () => taskLine(cli.printer, data));
    });
}
