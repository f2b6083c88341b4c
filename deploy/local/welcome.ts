import { styleText } from 'node:util';
import type { Credentials } from './data-folder/credentials.ts';

/** What the person who started it reads: everything for a first task after the first start, where to find it after later ones. */
export function welcome({ credentials, path, isFirst }: { credentials: Credentials; path: string; isFirst: boolean }): string {
  const api = `${credentials.url}/api/v1/dispatcher`;
  const head = [
    styleText('bold', 'Dispatcher is running.'),
    '',
    `  REST   ${api}`,
    `  gRPC   ${credentials.grpc_url}`,
    `  Keys   ${path}  (the admin key, and a key of the organization \`local\`)`,
    '',
  ];
  return [...head, ...(isFirst ? firstSteps(api, credentials.api_key) : [])].join('\n');
}

function firstSteps(api: string, key: string): string[] {
  const post = (path: string, body: object) =>
    `curl -sS ${api}${path} -H 'authorization: Bearer ${key}' -H 'content-type: application/json' -d '${JSON.stringify(body)}'`;
  return [
    'Your key for the organization `local`:',
    '',
    `  ${styleText('cyan', key)}`,
    '',
    'Paste this to create a task:',
    '',
    post('/tasks', { title: 'Try Dispatcher', rev: 5, effort: 2 }),
    '',
    'And this to claim the best task there is:',
    '',
    post('/tasks/claim-next', { agent: 'me' }),
    '',
    'Ctrl-C stops it; the next `npm start` finds everything as it was.',
    '',
  ];
}

/** The address at which a program on this machine reaches what listens on `host`. */
export function addressOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return reachable.includes(':') ? `[${reachable}]:${port}` : `${reachable}:${port}`;
}
