import type { StreamItem } from '@recursiv/sdk';
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { appended, numberFrom } from '../flags.ts';
import { eventLine } from '../terminal/event-text.ts';
import { jsonText, oneLine } from '../terminal/terminal-text.ts';

/** `dispatcher watch`: shows events as they happen, until Ctrl-C. */
export function addWatchCommand(program: Command, cli: Cli): void {
  program
    .command('watch')
    .description('Show events as they happen, until Ctrl-C. With --json one event per line.')
    .option('--type <type>', 'only events such as task.claimed; may be given several times', appended)
    .option('--after <position>', 'begin after the event at this position', numberFrom)
    .addHelpText('after', '\nExample:\n  $ dispatcher watch --type task.completed --json')
    .action(async ({ type, after }: { type?: string[]; after?: number }) => {
      const dispatcher = await cli.dispatcher();
      for await (const item of dispatcher.stream({ types: type, after }, { signal: cli.stopSignal() })) {
        cli.printer.line(cli.isJson() ? jsonText(item) : itemLine(cli, item));
      }
    });
}

function itemLine({ printer }: Cli, item: StreamItem): string {
  if (item.type !== 'reset') return eventLine(printer, item);
  return printer.paint('yellow', `Events may be missing before position ${item.position}: ${oneLine(item.reason)}`);
}
