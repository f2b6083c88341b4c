import type { Key } from '@recursiv/sdk';
import { type Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { appended } from '../flags.ts';
import { type Column, tableText } from '../terminal/table.ts';
import { oneLine } from '../terminal/terminal-text.ts';

/** `dispatcher keys`: the keys of the organizations, with the admin key. */
export function addKeysCommand(program: Command, cli: Cli): void {
  const keys = program.command('keys').description('Make, list and end API keys. Needs the admin key; --org names the organization.');
  keys
    .command('create')
    .description('Make a key. The organization exists from its first key.')
    .requiredOption('--name <name>', 'what people call it')
    .addOption(
      new Option('--scope <scope>', 'what it may do, both when absent; may be given twice')
        .choices(['dispatcher:read', 'dispatcher:write'])
        .argParser(appended),
    )
    .option('--expires-at <time>', 'when it ends by itself, such as 2030-01-31T00:00:00Z')
    .addHelpText('after', '\nExample:\n  $ dispatcher keys create --org acme --name ci')
    .action(async ({ name, scope, expiresAt }: { name: string; scope?: string[]; expiresAt?: string }) => {
      const { data } = await (await cli.dispatcher()).keys.create({ name, scopes: scope, expires_at: expiresAt });
      if (!cli.isJson()) cli.printer.note(`Key ${oneLine(data.id)} of ${oneLine(data.organization_id)}. It is shown this once:`);
      cli.print({ data }, () => oneLine(data.key ?? ''));
    });
  keys
    .command('list')
    .description('List keys, the newest first.')
    .addHelpText('after', '\nExample:\n  $ dispatcher keys list --org acme')
    .action(async () => {
      const { data, meta } = await (await cli.dispatcher()).keys.list({ limit: 200 });
      cli.print({ data, meta }, () => (data.length === 0 ? 'No keys.' : tableText(cli.printer, columns, data)));
    });
  keys
    .command('revoke')
    .description('End a key.')
    .argument('<id>', 'the id of the key, not its secret')
    .addHelpText('after', '\nExample:\n  $ dispatcher keys revoke key_0123456789')
    .action(async (id: string) => {
      const { data } = await (await cli.dispatcher()).keys.revoke(id);
      cli.print({ data }, () => `Key ${oneLine(data.id)} (${oneLine(data.name)} of ${oneLine(data.organization_id)}) is revoked.`);
    });
}

const columns: readonly Column<Key>[] = [
  { head: 'ID', cell: ({ id }) => id },
  { head: 'ORGANIZATION', cell: ({ organization_id }) => organization_id },
  { head: 'NAME', cell: ({ name }) => name, flexible: true },
  { head: 'SCOPES', cell: ({ scopes }) => scopes.join(',').replaceAll('dispatcher:', '') },
  { head: 'CREATED', cell: ({ created_at }) => created_at.slice(0, 16) },
  { head: 'STATE', cell: stateOf, format: (key) => (stateOf(key) === 'live' ? 'green' : undefined) },
];

function stateOf({ revoked_at, expires_at }: Key): string {
  if (revoked_at !== null) return `revoked ${revoked_at.slice(0, 16)}`;
  if (expires_at === null) return 'live';
  return `${Date.parse(expires_at) > Date.now() ? 'until' : 'expired'} ${expires_at.slice(0, 16)}`;
}
