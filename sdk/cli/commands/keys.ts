import type { Key } from '@recursiv/sdk';
import { type Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { everyPage } from '../every-page.ts';
import { appended } from '../flags.ts';
import type { Printer } from '../terminal/printer.ts';
import { shortIds } from '../terminal/short-id.ts';
import { type Column, tableText } from '../terminal/table.ts';
import { oneLine } from '../terminal/terminal-text.ts';
import { timeText } from '../terminal/time-text.ts';
import { withKey } from '../whole-id.ts';

/** `dispatcher keys`: the keys of the organizations. Needs the admin key. */
export function addKeysCommand(program: Command, cli: Cli): void {
  const keys = program.command('keys').description('Make, list and revoke API keys. Needs the admin key. --org names the organization.');
  keys
    .command('create')
    .description('Make a key. The first key of an organization creates the organization.')
    .requiredOption('--name <name>', 'a name for people')
    .addOption(
      new Option('--scope <scope>', 'what the key may do (both); may be given twice')
        .choices(['dispatcher:read', 'dispatcher:write'])
        .argParser(appended),
    )
    .option('--expires-at <time>', 'when the key expires, such as 2030-01-31T00:00:00Z')
    .addHelpText('after', '\nExample:\n  $ dispatcher keys create --org acme --name ci')
    .action(async ({ name, scope, expiresAt }: { name: string; scope?: string[]; expiresAt?: string }) => {
      const { data } = await (await cli.dispatcher()).keys.create({ name, scopes: scope, expires_at: expiresAt });
      if (!cli.isJson()) cli.printer.note(`Key ${oneLine(data.id)} of ${oneLine(data.organization_id)}. It is shown only now:`);
      cli.print({ data }, () => oneLine(data.key ?? ''));
    });
  keys
    .command('list')
    .description('List keys, the newest first.')
    .addHelpText('after', '\nExample:\n  $ dispatcher keys list --org acme')
    .action(async () => {
      const { keys: listed } = await cli.dispatcher();
      const { data, meta } = await everyPage((cursor) => listed.list({ limit: 200, cursor }));
      cli.print({ data, meta }, () => (data.length === 0 ? 'No keys.' : keysTable(cli.printer, data)));
    });
  keys
    .command('revoke')
    .description('Revoke a key.')
    .argument('<id>', 'the id of the key or the beginning of it, not its secret')
    .addHelpText('after', '\nExample:\n  $ dispatcher keys revoke key_0123456789')
    .action(async (id: string) => {
      const { keys } = await cli.dispatcher();
      const { data } = await withKey(cli, id, (keyId) => keys.revoke(keyId));
      cli.print({ data }, () => `Key ${oneLine(data.id)} (${oneLine(data.name)} of ${oneLine(data.organization_id)}) is revoked.`);
    });
}

function keysTable(printer: Printer, keys: readonly Key[]): string {
  const short = shortIds(
    printer,
    keys.map(({ id }) => id),
  );
  const columns: readonly Column<Key>[] = [
    { head: 'ID', cell: ({ id }) => short(id) },
    { head: 'ORGANIZATION', cell: ({ organization_id }) => organization_id, drop: 3 },
    { head: 'NAME', cell: ({ name }) => name, flexible: true },
    { head: 'SCOPES', cell: ({ scopes }) => scopes.join(',').replaceAll('dispatcher:', ''), drop: 1 },
    { head: 'CREATED', cell: ({ created_at }) => timeText(printer, created_at), drop: 2 },
    { head: 'STATE', cell: (key) => stateOf(printer, key), format: (key) => (isLive(key) ? 'green' : undefined) },
  ];
  return tableText(printer, columns, keys);
}

function stateOf(printer: Printer, key: Key): string {
  const { revoked_at, expires_at } = key;
  if (revoked_at !== null) return `revoked ${timeText(printer, revoked_at)}`;
  if (expires_at === null) return 'live';
  return `${isLive(key) ? 'live, ends' : 'ended'} ${timeText(printer, expires_at)}`;
}

function isLive({ revoked_at, expires_at }: Key): boolean {
  return revoked_at === null && (expires_at === null || Date.parse(expires_at) > Date.now());
}
