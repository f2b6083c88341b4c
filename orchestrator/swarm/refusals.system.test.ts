import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestServices, useServices } from '@dispatcher/testing/harness/use-services.ts';
import { processesWith } from '@dispatcher/testing/orchestrator/harness/processes.ts';
import { useSite } from '@dispatcher/testing/orchestrator/harness/use-daemon.ts';
import { useRepository } from '@dispatcher/testing/orchestrator/harness/use-repository.ts';
import { useSwarm } from '@dispatcher/testing/orchestrator/harness/use-swarm.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';

let services: TestServices;
let sites = 0;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

const site = () => useSite(services, `swarm-refusals-${++sites}`);

test('all faults in the settings of the swarm and of its members are reported together', async () => {
  await using here = await site();
  await using swarm = useSwarm(here, { ORCH_SWARM_COUNT: '0', ORCH_SWARM_MAX_AGENTS: 'many', ORCH_SWARM_STOP_MINUTES: '-1', ORCH_ATTEMPTS: 'x' });
  const { code, err } = await swarm.run(['start']);
  expect(code).toBe(1);
  for (const name of ['ORCH_SWARM_COUNT="0"', 'ORCH_SWARM_MAX_AGENTS="many"', 'ORCH_SWARM_STOP_MINUTES="-1"', 'ORCH_ATTEMPTS="x"'])
    expect(err).toContain(name);
  expect(await swarm.run(['status'], { ORCH_SWARM_STOP_MINUTES: '1' })).toMatchObject({ code: 0, err: '' });
});

test('what is missing is reported once, and nothing is started', async () => {
  await using here = await site();
  await using swarm = useSwarm(here, { CLAUDE_CMD: 'no-such-agent' });
  expect(await swarm.run(['start'])).toMatchObject({ code: 1, out: '', err: expect.stringContaining('"no-such-agent" is not on the PATH') });
  expect((await swarm.status()).members).toEqual([]);
});

test('a member that cannot start is reported once, with what it said last, and leaves only its log', async () => {
  await using here = await site();
  await using swarm = useSwarm(here, { DISPATCHER_API_KEY: 'sk_live_wrongwrongwrong' });
  const { code, out } = await swarm.run(['start']);
  expect(code).toBe(1);
  expect(out).toMatch(/^auto-\S+-\d+ could not start \(exit code 1\); its log is (\S+)\n {2}The orchestrator cannot start:\n {4}The dispatcher at /m);
  expect(out.match(/could not start/g)).toHaveLength(1);
  expect(readFileSync(/log is (\S+)/.exec(out)?.[1] ?? '', 'utf8')).toContain('cannot be used');
  expect(readdirSync(path.join(swarm.dir, 'members'))).toEqual([]);
  expect(processesWith(swarm.dir)).toEqual([]);
});

test('a swarm of one repository refuses to start members for another', async () => {
  await using here = await site();
  await using other = await useRepository();
  await using swarm = useSwarm(here, { ORCH_SWARM_COUNT: '1' });
  await swarm.run(['start']);
  const refused = await swarm.run(['start'], { ORCH_REPO_DIR: other.repo, ORCH_SWARM_COUNT: '2' });
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining(`A swarm of ${here.repository.repo} runs in ${swarm.dir}`) });
  expect((await swarm.status()).members).toHaveLength(1);
});

test.each<[string, string, (dir: string) => void]>([
  ['is a link', 'is not a folder', (dir) => symlinkSync('/tmp', dir)],
  ['is a file', 'is not a folder', (dir) => writeFileSync(dir, '')],
  [
    'other users can write to',
    'is writable by other users',
    (dir) => {
      mkdirSync(dir);
      chmodSync(dir, 0o777);
    },
  ],
])('a folder that %s is refused', async (_, why, make) => {
  await using here = await site();
  const dir = path.join(here.repository.folder, 'planted');
  make(dir);
  await using swarm = useSwarm(here);
  for (const command of ['start', 'status', 'stop']) {
    const { code, err } = await swarm.run([command], { ORCH_SWARM_DIR: dir });
    expect(code).toBe(1);
    expect(err).toContain(`${dir} ${why}`);
    expect(err).toContain('ORCH_SWARM_DIR');
  }
});

test('a folder that cannot be made is refused', async () => {
  await using here = await site();
  await using swarm = useSwarm(here);
  expect(await swarm.run(['status'], { ORCH_SWARM_DIR: '/proc/swarm' })).toMatchObject({
    code: 1,
    err: expect.stringContaining('/proc/swarm cannot be made'),
  });
});
