import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type TestServices, useServices } from '@dispatcher/testing/harness/use-services.ts';
import { expectOrder } from '@dispatcher/testing/orchestrator/harness/expect-order.ts';
import { processesWith } from '@dispatcher/testing/orchestrator/harness/processes.ts';
import { until, useSite } from '@dispatcher/testing/orchestrator/harness/use-daemon.ts';
import { useSwarm } from '@dispatcher/testing/orchestrator/harness/use-swarm.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

let services: TestServices;
let sites = 0;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

const site = () => useSite(services, `swarm-start-${++sites}`);

test('a swarm finishes tasks, a second start changes nothing, and a stop leaves nothing behind', async () => {
  await using here = await site();
  await using swarm = useSwarm(here, { MAX_AGENTS: '7', ORCH_SWARM_MAX_AGENTS: '2' });
  const started = await swarm.run(['start']);
  expect(started, started.err).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^Each new member:\n(.*\n)* {2}claims +all tasks/) });
  const { members } = await swarm.status();
  expect(members.map(({ state, max_agents }) => [state, max_agents])).toEqual([
    ['running', 2],
    ['running', 2],
  ]);
  for (const { member, log } of members) expect(log).toBe(path.join(swarm.dir, 'logs', `${member}.log`));

  expect(JSON.parse((await swarm.run(['status', '--json'])).out)).toMatchObject({
    members: members.map(({ member, pid, log }) => ({ member, pid, log })),
  });
  const again = await swarm.run(['start']);
  expect(again.code).toBe(0);
  expect(again.out).toBe(members.map(({ member, pid }) => `${member} already runs (pid ${pid})\n`).join(''));
  expect((await swarm.status()).members.map(({ pid }) => pid)).toEqual(members.map(({ pid }) => pid));

  for (const id of ['one', 'two', 'three']) await here.task(id, `echo ${id} > ${id}.txt`);
  for (const id of ['one', 'two', 'three']) await here.until(id, ({ status }) => status === 'done');
  const seen = await swarm.run(['status']);
  expect(seen.code).toBe(0);
  for (const { member, pid } of members)
    expect(seen.out).toMatch(new RegExp(`^${member}  \\d of 2 at work  up \\d.*pid ${pid}(\\n  .*)*\\n  last line: `, 'm'));

  expect(await swarm.run(['stop'])).toMatchObject({ code: 0, out: expect.stringMatching(/The swarm is stopped\.\n$/) });
  expect(readdirSync(path.join(swarm.dir, 'members'))).toEqual([]);
  expect(await swarm.run(['stop'])).toMatchObject({ code: 0, out: 'No member runs.\n' });
  expect(await swarm.run(['status'])).toMatchObject({ code: 0, out: expect.stringContaining('No member runs') });
  for (const { log } of members) expect(readFileSync(log, 'utf8')).not.toContain(here.env.DISPATCHER_API_KEY);
  expectOrder(here);
});

test('two starts at the same time start each member once', async () => {
  await using here = await site();
  await using swarm = useSwarm(here, { ORCH_SWARM_COUNT: '3' });
  const runs = await Promise.all([swarm.run(['start']), swarm.run(['start'])]);
  expect(
    runs.map(({ code }) => code),
    runs.map(({ out }) => out).join('\n'),
  ).toEqual([0, 0]);
  const { members } = await swarm.status();
  expect(members).toHaveLength(3);
  await expectOnly(members, swarm.dir);
  expect(runs.map(({ out }) => out.match(/has started/g)?.length ?? 0).sort()).toEqual([0, 3]);
});

test('a member that was killed is shown as dead, and the next start replaces it', async () => {
  await using here = await site();
  await using swarm = useSwarm(here);
  await swarm.run(['start']);
  const gate = path.join(here.repository.folder, 'gate');
  await here.task('one', `while [ ! -e ${gate} ]; do sleep 0.02; done; echo x > x.txt`);
  const at = await until(
    () => swarm.status(),
    ({ members }) => members.some(({ runs }) => runs[0]?.step.startsWith('agent') === true),
  );
  const victim = at.members.find(({ runs }) => runs.length > 0);
  process.kill(victim?.pid ?? 0, 'SIGKILL');
  await until(
    () => swarm.status(),
    ({ members }) => members.some(({ state }) => state === 'dead'),
  );
  const seen = await swarm.run(['status']);
  expect(seen.code).toBe(0);
  expect(seen.out).toMatch(new RegExp(`^${victim?.member}  DEAD.*\\n  one  was at `, 'm'));
  const again = await swarm.run(['start']);
  expect(again.out).toContain(`${victim?.member} has died (pid ${victim?.pid})`);
  expect(again.out).toContain(`${victim?.member} has started`);
  expect((await swarm.status()).members.map(({ state }) => state)).toEqual(['running', 'running']);
  writeFileSync(gate, '');
  await here.until('one', ({ status }) => status === 'done');
  await swarm.run(['stop']);
  expectOrder(here);
});

test('members have a session of their own, and the next start knows every member of a start that was killed', async () => {
  await using here = await site();
  await using swarm = useSwarm(here);
  for (const moment of [300, 600, 900, 1_200]) {
    const start = swarm.begin(['start']);
    await delay(moment);
    start.signal('SIGKILL');
    await start.ended;
  }
  expect((await swarm.run(['start'])).code).toBe(0);
  // A member of an earlier start may only just have begun.
  const { members } = await until(
    () => swarm.status(),
    (status) => status.members.every(({ state }) => state === 'running'),
  );
  expect(members).toHaveLength(2);
  await expectOnly(members, swarm.dir);
  for (const { pid } of members) expect(sessionOf(pid)).toBe(pid);
  const lines = readdirSync(swarm.dir, { recursive: true, encoding: 'utf8' }).map((name) => contentOf(path.join(swarm.dir, name)));
  const commands = members.map(({ pid }) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  expect([...lines, ...commands].filter((text) => text.includes(here.env.DISPATCHER_API_KEY ?? ''))).toEqual([]);
});

/**
 * Waits until no other process is a member, by /proc and not through the swarm. A member that starts git is there twice
 * for a moment.
 */
async function expectOnly(members: readonly { readonly pid: number }[], dir: string): Promise<void> {
  await vi.waitFor(() => expect(new Set(processesWith(`\0${dir}\0`))).toEqual(new Set(members.map(({ pid }) => pid))));
}

function sessionOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3]);
}

function contentOf(file: string): string {
  return statSync(file).isFile() ? readFileSync(file, 'utf8') : '';
}
