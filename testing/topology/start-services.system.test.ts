import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readCredentials } from '@dispatcher/local/data-folder/credentials.ts';
import { type Child, startChild } from '@dispatcher/processes/child.ts';
import { expect, vi } from 'vitest';
import { descendantsOf } from '../harness/descendants-of.ts';
import { testWhere } from '../harness/test-where.ts';
import { useFolder } from '../harness/use-folder.ts';
import { canRunTopology } from './use-topology.ts';

/** `npm run start:services` running on a data folder. */
async function startServices(dataDir: string): Promise<Child & { output(): string }> {
  let output = '';
  const env = { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, PORT: '0', GRPC_PORT: '0', DISPATCHER_DATA_DIR: dataDir, LOG_LEVEL: 'warn' };
  const child = startChild({
    command: process.execPath,
    args: [join(import.meta.dirname, '../../deploy/services/main.ts')],
    env,
    onOutput: (text) => {
      output += text;
    },
  });
  await vi.waitFor(() => expect(output).toContain('Dispatcher is running.'), { timeout: 60_000, interval: 50 });
  return { ...child, output: () => output };
}

async function post(url: string, key: string, path: string, body: object): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}/api/v1/dispatcher${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

testWhere(canRunTopology, 'nats-server')(
  'each service and the gateway run as separate processes, and the next start finds all data of the last run',
  async () => {
    await using folder = await useFolder();
    const first = await startServices(folder.path);
    const credentials = await readCredentials(folder.path);
    if (!credentials) throw new Error('no credentials');
    expect((await post(credentials.url, credentials.api_key, '/tasks', { id: 'one', title: 'One' })).status).toBe(201);
    const pids = await descendantsOf(first.process.pid ?? 0);
    // There are at least four services, a gateway and NATS.
    expect(pids.length).toBeGreaterThanOrEqual(6);
    expect(await first.stop()).toBe(0);
    for (const pid of pids) expect(existsSync(`/proc/${pid}`)).toBe(false);

    const second = await startServices(folder.path);
    const again = await readCredentials(folder.path);
    expect(again?.api_key).toBe(credentials.api_key);
    const claimed = await post(again?.url ?? '', credentials.api_key, '/tasks/claim-next', { agent: 'ann' });
    expect(claimed).toMatchObject({ status: 200, body: { data: { task: { id: 'one' } } } });
    expect(await second.stop()).toBe(0);
  },
);

testWhere(canRunTopology, 'nats-server')('kill -9 leaves no process behind', async () => {
  await using folder = await useFolder();
  const killed = await startServices(folder.path);
  const pids = await descendantsOf(killed.process.pid ?? 0);
  killed.process.kill('SIGKILL');
  await vi.waitFor(() => expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]), { timeout: 20_000, interval: 50 });
});
