import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serviceNames } from '@dispatcher/processes/processes.ts';
import { expect, test } from 'vitest';
import { testWhere } from '../harness/test-where.ts';

const root = join(import.meta.dirname, '../..');
const textOf = (path: string) => readFile(join(root, path), 'utf8');

/** The files that read the settings of services and gateways. */
const configs = [
  'services/kit/settings/process-settings.ts',
  'services/kit/bus/nats-settings.ts',
  'services/database/config.ts',
  'gateway/config.ts',
  ...serviceNames.map((name) => `services/${name}/config.ts`),
];

/** The names that are used as keys: `NAME: …`. */
const namesIn = (text: string) => [...text.matchAll(/(?<=[\s{])([A-Z][A-Z_]+): /g)].map(([, name = '']) => name);

/** The names of all settings. */
async function settings(): Promise<Set<string>> {
  return new Set((await Promise.all(configs.map(textOf))).flatMap(namesIn));
}

/** The names in the first column of the settings table, with `CLAIM_…` written out. */
function documentedIn(page: string): Set<string> {
  const [, section = ''] = page.split('\n## Settings\n');
  const rows = section.split('\n## ')[0]?.match(/^\| `.*/gm) ?? [];
  const names = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([A-Z_]+)(…?)`/g)]);
  return new Set(names.map(([, name = '', rest]) => (rest ? `${name}SERVICE_ADDRESSES` : name)));
}

test('the page on operations has every setting of services and gateways, and no other', async () => {
  expect([...documentedIn(await textOf('docs/operations.md'))].sort()).toEqual([...(await settings())].sort());
});

test('the compose file sets only variables that a process reads', async () => {
  const known = await settings();
  // Variables of the PostgreSQL image, and of the build.
  const others = ['POSTGRES_USER', 'POSTGRES_DB', 'POSTGRES_PASSWORD', 'SERVICE'];
  const unknown = namesIn(await textOf('deploy/compose/compose.yaml')).filter((name) => !known.has(name) && !others.includes(name));
  expect(unknown).toEqual([]);
});

test('the container file sets only variables that a process reads', async () => {
  const [, line = ''] = /^ENV (.*)$/m.exec(await textOf('deploy/compose/Containerfile')) ?? [];
  const known = await settings();
  expect([...line.matchAll(/([A-Z_]+)=/g)].map(([, name = '']) => name).filter((name) => !known.has(name))).toEqual([]);
});

const haproxy = '/usr/sbin/haproxy';

testWhere(spawnSync(haproxy, ['-v']).status === 0, 'haproxy')('HAProxy takes the configuration of the proxy', () => {
  const { status, stderr } = spawnSync(haproxy, ['-c', '-f', join(root, 'deploy/compose/haproxy.cfg')], { encoding: 'utf8' });
  expect({ status, stderr }).toMatchObject({ status: 0 });
});
