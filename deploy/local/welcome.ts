import { networkInterfaces } from 'node:os';
import { styleText } from 'node:util';
import { isLoopback, type LocalSettings } from './config.ts';
import type { Credentials } from './data-folder/credentials.ts';

/** What the person who starts Dispatcher needs to know. */
export interface WelcomeFacts {
  readonly credentials: Credentials;
  /** The file with the credentials. */
  readonly path: string;
  readonly settings: LocalSettings;
  /** The address that Dispatcher listens on. */
  readonly address: string;
  /** Whether this is the first start on this data folder. */
  readonly isFirst: boolean;
}

/**
 * The welcome text. After the first start it explains how to make a first task; after later starts, where everything
 * is.
 */
export function welcome({ credentials, path, settings, address, isFirst }: WelcomeFacts): string {
  const api = `${credentials.url}/api/v1/dispatcher`;
  const head = [
    styleText('bold', 'Dispatcher is running.'),
    '',
    `  REST   ${api}`,
    `  gRPC   ${credentials.grpc_url}`,
    `  Keys   ${path}  (the admin key, and a key of the organization \`local\`)`,
    `  Data   ${databaseInWords(settings)}`,
    '',
  ];
  const open = isLoopback(address) ? [] : openToOthers(address, credentials.url);
  return [...head, ...open, ...(isFirst ? firstSteps(api, credentials.api_key) : []), lastWord, ''].join('\n');
}

/** The database of the tasks, without its password. */
function databaseInWords({ databaseUrl, dataDir }: LocalSettings): string {
  if (databaseUrl === undefined) return `PostgreSQL in ${dataDir}`;
  const { host, pathname } = new URL(databaseUrl);
  return `PostgreSQL at ${host || 'localhost'}${pathname}`;
}

const lastWord = 'Ctrl-C stops it; the next `npm start` finds everything as it was. `npm start -- --help` lists the settings.';

function openToOthers(address: string, url: string): string[] {
  const { protocol, port } = new URL(url);
  const urls = addressesOfMachine(address).map((each) => `  ${protocol}//${hostAndPort(each, Number(port))}/api/v1/dispatcher`);
  const plain = 'Warning: other machines can reach it, and without TLS keys and tasks cross the network unencrypted.';
  const advice = 'Set TLS_CERT and TLS_KEY, or put a proxy with TLS in front of it.';
  return ['Other machines reach it at', '', ...urls, '', ...(protocol === 'http:' ? [styleText('yellow', plain), advice, ''] : [])];
}

/** The addresses at which other machines can reach a server on `address`. */
function addressesOfMachine(address: string): string[] {
  if (address !== '0.0.0.0' && address !== '::') return [address];
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all.filter(({ internal, family }) => !internal && family === 'IPv4').map((each) => each.address);
}

function firstSteps(api: string, key: string): string[] {
  const post = (path: string, body: object) =>
    `curl -sS ${api}${path} -H 'authorization: Bearer ${key}' -H 'content-type: application/json' -d '${JSON.stringify(body)}'`;
  return [
    'Your key for the organization `local`:',
    '',
    `  ${styleText('cyan', key)}`,
    '',
    'Paste this into another terminal to create a task:',
    '',
    post('/tasks', { title: 'Try Dispatcher', rev: 5, effort: 2 }),
    '',
    'And this to claim the best task there is:',
    '',
    post('/tasks/claim-next', { agent: 'me' }),
    '',
  ];
}

/** The `host:port` at which a program on this machine can reach a server that listens on `host`. */
export function addressOf(host: string, port: number): string {
  return hostAndPort(host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host, port);
}

function hostAndPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
