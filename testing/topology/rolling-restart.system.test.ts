import { expect, vi } from 'vitest';
import { within } from '../harness/patience.ts';
import { testWhere } from '../harness/test-where.ts';
import { startBalancer } from './balancer.ts';
import { startLoad, waitInVain, workOnTasks } from './load.ts';
import { processesOf } from './topology.ts';
import { canRunTopology, useTopology } from './use-topology.ts';

testWhere(canRunTopology, 'nats-server')(
  'every service and gateway can be restarted one after the other under load without a failed request',
  async () => {
    await using topology = await useTopology({ copies: 2 });
    await using balancer = await startBalancer(topology.gateways.map(({ address }) => address));
    const key = await topology.createKey('acme');
    const working = startLoad({ url: balancer.url, key, callers: 8, step: workOnTasks });
    const waiting = startLoad({ url: balancer.url, key, callers: 4, step: waitInVain });
    await vi.waitFor(() => expect(working.answers.length).toBeGreaterThan(100), { timeout: 30_000 });
    const slowest: string[] = [];
    for (const each of processesOf(topology)) {
      const before = working.answers.length;
      const start = performance.now();
      await within(25_000, each.stop());
      const stopMs = performance.now() - start;
      await each.start();
      // There is load during the restart and after it.
      await vi.waitFor(() => expect(working.answers.length).toBeGreaterThan(before + 50), { timeout: 30_000 });
      slowest.push(`${each.name} stopped in ${Math.round(stopMs)} ms`);
    }
    await Promise.all([working.stop(), waiting.stop()]);
    const answers = [...working.answers, ...waiting.answers];
    const failed = answers.filter(({ status }) => status !== 200 && status !== 201);
    console.log(`${answers.length} requests, ${failed.length} failed; ${slowest.join(', ')}`);
    expect(failed.slice(0, 20)).toEqual([]);
  },
);
