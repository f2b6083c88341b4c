import { expect, vi } from 'vitest';
import { within } from '../harness/patience.ts';
import { testWhere } from '../harness/test-where.ts';
import { useStream } from '../system/harness/use-stream.ts';
import { startNatsCluster } from './nats-cluster.ts';
import { canRunTopology, useTopology } from './use-topology.ts';

async function post(url: string, key: string, path: string, body: object): Promise<number> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const response = await fetch(`${url}/api/v1/dispatcher${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  await response.arrayBuffer();
  return response.status;
}

testWhere(canRunTopology, 'nats-server')(
  'two processes of each service keep working when any server of a NATS cluster of three is killed, and streams miss no event',
  async () => {
    await using cluster = await startNatsCluster('/usr/bin:/bin');
    await using topology = await useTopology({ copies: 2, env: { NATS_URL: cluster.url } });
    const key = await topology.createKey('acme');
    const [first = '', second = ''] = topology.urls;
    await using one = await useStream(first, key);
    await using two = await useStream(second, key);
    let created = 0;
    const create = async () => {
      created += 1;
      expect(await post(created % 2 ? first : second, key, '/tasks', { id: `task-${created}`, title: 'One' })).toBe(201);
    };
    await create();
    await Promise.all([one.received(1), two.received(1)]);
    for (const server of cluster.servers) {
      await server.kill();
      for (let i = 0; i < 5; i++) await create();
      await within(5_000, Promise.all([one.received(created), two.received(created)]));
      // A caller that waits at one claim service learns of a task that was created through the other gateway.
      const waiting = post(first, key, '/tasks/claim-next', { agent: 'ann', owner: 'ann', wait_seconds: 20 });
      await vi.waitFor(async () => expect(await post(second, key, '/tasks', { title: 'For ann', owner: 'ann' })).toBe(201));
      created += 1;
      expect(await waiting).toBe(200);
      await server.start();
    }
    const ids = (await one.received(created)).filter(({ event }) => event === 'task.created').map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  },
);
