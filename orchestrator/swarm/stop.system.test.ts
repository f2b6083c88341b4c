import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestServices, useServices } from '@dispatcher/testing/harness/use-services.ts';
import { expectOrder } from '@dispatcher/testing/orchestrator/harness/expect-order.ts';
import { until, useSite } from '@dispatcher/testing/orchestrator/harness/use-daemon.ts';
import { useSwarm } from '@dispatcher/testing/orchestrator/harness/use-swarm.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';

let services: TestServices;
let sites = 0;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

const site = () => useSite(services, `swarm-stop-${++sites}`);
const untilOpen = (gate: string) => `echo part > part.txt; while [ ! -e ${gate} ]; do sleep 0.05; done; echo x > x.txt`;

test('a stop waits for the work in hand and names it, and neither a second stop nor Ctrl-C ends that work', async () => {
  await using here = await site();
  const gate = path.join(here.repository.folder, 'gate');
  await using swarm = useSwarm(here);
  await swarm.run(['start']);
  await here.task('one', untilOpen(gate));
  await until(
    () => here.starts().length,
    (count) => count === 1,
  );
  const first = swarm.begin(['stop']);
  await until(first.said, (said) => said.includes('still has one ('));
  const second = swarm.begin(['stop']);
  await until(second.said, (said) => said.includes('still has one ('));
  first.signal('SIGINT');
  expect(await first.ended).toBe(130);
  expect(first.said()).toMatch(/The members still finish what they have\. .*stop -- --now\n$/);
  const { members } = await until(
    () => swarm.status(),
    (seen) => seen.members[0]?.state === 'draining',
  );
  expect(members).toMatchObject([{ runs: [{ task: 'one' }] }]);
  writeFileSync(gate, '');
  expect(await second.ended).toBe(0);
  expect((await here.dispatcher.get('one')).data.status).toBe('done');
  expect(here.starts()).toHaveLength(1);
  expectOrder(here);
});

test.each([
  ['at once with --now', ['stop', '--now'], '15'],
  ['after its time limit', ['stop'], '0.02'],
])('a stop gives the work back %s, and keeps what was made', async (_, args, minutes) => {
  await using here = await site();
  await using swarm = useSwarm(here, { ORCH_SWARM_STOP_MINUTES: minutes });
  await swarm.run(['start']);
  await here.task('one', untilOpen('/nowhere'));
  await until(
    () => here.starts().length,
    (count) => count === 1,
  );
  const { code, out } = await swarm.run(args);
  expect(code, out).toBe(0);
  expect(out.includes('its work is given back')).toBe(minutes !== '15');
  expect((await here.dispatcher.get('one')).data).toMatchObject({ status: 'pending', release_reason: 'not_started', branch: 'task/one' });
  expect(here.repository.files('task/one')).toContain('part.txt');
  expectOrder(here);
});

test('one member can be stopped by its name, and an unknown name is refused', async () => {
  await using here = await site();
  await using swarm = useSwarm(here, { ORCH_SWARM_COUNT: '2' });
  await swarm.run(['start']);
  const more = await swarm.run(['start'], { ORCH_SWARM_COUNT: '1' });
  const name = /orchestrator:swarm:stop -- (\S+)\n$/.exec(more.out)?.[1] ?? '';
  expect(more.code).toBe(0);
  expect(await swarm.run(['stop', 'nobody'])).toMatchObject({ code: 1, err: expect.stringContaining('No member has the name nobody') });
  expect((await swarm.run(['stop', name])).code).toBe(0);
  const { members } = await swarm.status();
  expect(members).toMatchObject([{ state: 'running' }]);
  expect(members.map(({ member }) => member)).not.toContain(name);
});
