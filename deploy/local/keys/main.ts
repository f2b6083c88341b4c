import { parseArgs } from 'node:util';
import { nearestName } from '@dispatcher/kit/settings/nearest-name.ts';
import { SettingsError } from '@dispatcher/kit/settings/settings.ts';
import { refuseUnknownOptions, settingsText, UsageError } from '@dispatcher/kit/settings/usage.ts';
import { type AdminClient, createAdminClient } from './admin-client.ts';
import { keysSettings, readKeysSettings } from './config.ts';
import { expiryFrom } from './expiry.ts';
import { keyTable } from './key-table.ts';

const help = `Creates, lists and revokes API keys, as the admin.

  npm run -s keys -- create --org acme --name ci
  npm run -s keys -- create --org acme --name web --scopes read --expires 90d
  npm run -s keys -- list --org acme
  npm run -s keys -- revoke key_0123456789

  --org ID          the organization; its first key creates it
  --name TEXT       what people call the key
  --scopes LIST     read, write or read,write [read,write]
  --expires WHEN    30m, 12h, 90d, or a time like 2030-01-31T00:00:00Z [never]

Settings come from the environment. Without DISPATCHER_URL and
DISPATCHER_API_KEY, the command uses what \`npm start\` saved in the data folder:

${settingsText(keysSettings)}`;

const options = {
  org: { type: 'string' },
  name: { type: 'string' },
  scopes: { type: 'string' },
  expires: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

try {
  await runKeys(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError || error instanceof SettingsError || isParseError(error);
  console.error(error instanceof Error ? error.message : error);
  if (isUsage) console.error('`npm run -s keys -- --help` shows examples.');
  process.exitCode = isUsage ? 2 : 1;
}

async function runKeys(args: string[]): Promise<void> {
  refuseUnknownOptions(args, options);
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const [command, id, ...rest] = positionals;
  if (values.help || command === undefined) return console.log(help);
  if (rest.length > 0 || (id !== undefined && command !== 'revoke')) throw new UsageError(`Unexpected: ${rest[0] ?? id}`);
  const connect = () => createAdminClient(readKeysSettings());
  switch (command) {
    case 'create':
      return create(connect, values);
    case 'list':
      return list(connect, values.org);
    case 'revoke':
      return revoke(connect, id);
    default:
      throw new UsageError(`There is no command ${command}. ${commandAdvice(command)}`);
  }
}

function commandAdvice(command: string): string {
  const meant = nearestName(command, ['create', 'list', 'revoke']);
  return meant === undefined ? 'There are create, list and revoke.' : `Did you mean ${meant}?`;
}

type Connect = () => Promise<AdminClient>;

async function create(
  connect: Connect,
  { org, name, scopes, expires }: { org?: string; name?: string; scopes?: string; expires?: string },
): Promise<void> {
  if (org === undefined || name === undefined)
    throw new UsageError('create needs --org and --name, after the -- of npm: npm run -s keys -- create --org acme --name ci');
  const key = {
    organization_id: org,
    name,
    ...(scopes !== undefined && { scopes: scopesFrom(scopes) }),
    ...(expires !== undefined && { expires_at: expiry(expires) }),
  };
  const created = await (await connect()).createKey(key);
  console.error(`Key ${created.id} of ${created.organization_id}. It is shown this once:`);
  console.log(created.key);
}

function scopesFrom(text: string): string[] {
  const scopes = text.split(',').map((scope) => scope.trim().replace(/^dispatcher:/, ''));
  const unknown = scopes.find((scope) => scope !== 'read' && scope !== 'write');
  if (unknown !== undefined) throw new UsageError(`There is no scope ${JSON.stringify(unknown)}: read or write.`);
  return [...new Set(scopes)].map((scope) => `dispatcher:${scope}`);
}

function expiry(text: string): string {
  const at = expiryFrom(text, new Date());
  if (!at) throw new UsageError(`--expires ${text} is not a time to come: 30m, 12h, 90d or 2030-01-31T00:00:00Z.`);
  return at.toISOString();
}

async function list(connect: Connect, org: string | undefined): Promise<void> {
  console.log(keyTable(await (await connect()).listKeys(org)));
}

async function revoke(connect: Connect, id: string | undefined): Promise<void> {
  if (id === undefined) throw new UsageError('revoke needs the id of a key; `npm run -s keys -- list` shows it.');
  const key = await (await connect()).revokeKey(id);
  console.log(`Key ${key.id} (${key.name} of ${key.organization_id}) is revoked.`);
}

function isParseError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}
