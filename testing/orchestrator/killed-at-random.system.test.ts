import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServices, useServices } from '../harness/use-services.ts';
import { expectOrder } from './harness/expect-order.ts';
import { type Site, until, useSite } from './harness/use-daemon.ts';
import { type DaemonProcess, recordsOf, useDaemonProcess } from './harness/use-daemon-process.ts';

let services: TestServices;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

const seed = Number(process.env.DISPATCHER_TEST_SEED ?? Date.now() % 1_000_000);
const limitMs = 240_000;
const kills = 10;
const pushes = 10;

test(`two daemons are killed at random while somebody else pushes, and each task lands once on the base it was verified on (DISPATCHER_TEST_SEED=${seed})`, {
  timeout: limitMs,
}, async () => {
  await using here = await useSite(services, 'killed-at-random');
  const ids = Array.from({ length: 12 }, (_, index) => `t${index + 1}`);
  for (const id of ids) await here.task(id, `sleep 0.3; echo ${id} > ${id}.txt`);
  const random = createRandom(seed);
  const daemons = [await useDaemonProcess(here), await useDaemonProcess(here)];
  await using _daemons = { [Symbol.asyncDispose]: async () => void (await Promise.all(daemons.map((daemon) => daemon[Symbol.asyncDispose]()))) };
  const [interrupted, moved] = await Promise.all([
    killNowAndThen(here, daemons, createRandom(random(1_000_000))),
    pushNowAndThen(here, createRandom(random(1_000_000))),
  ]);
  expect(interrupted, 'kills while a run was in hand').toBeGreaterThan(0);
  expect(moved, 'pushes of somebody else').toBeGreaterThan(0);
  for (const id of ids) await untilDone(here, id);
  expect(await Promise.all(daemons.map((daemon) => daemon.drain())), 'exit codes').toEqual([0, 0]);
  const landed = here.repository.inOrigin('log', '--format=%(trailers:key=Dispatcher-Task,valueonly,separator=)', 'main').split('\n');
  expect(landed.filter((id) => id !== '').sort(), 'tasks on main').toEqual(ids.toSorted());
  expect(here.repository.files()).toEqual(expect.arrayContaining(ids.map((id) => `${id}.txt`)));
  expect(here.repository.inOrigin('for-each-ref', 'refs/heads/task'), 'branches on origin').toBe('');
  expectOrder(here);
});

/** Answers how many of the kills interrupted a run. */
async function killNowAndThen(here: Site, daemons: DaemonProcess[], random: (below: number) => number): Promise<number> {
  let interrupted = 0;
  for (let kill = 0; kill < kills; kill++) {
    await delay(random(1_500));
    const victim = random(daemons.length);
    await daemons[victim]?.kill();
    interrupted += recordsOf(here).length > 0 ? 1 : 0;
    daemons[victim] = await useDaemonProcess(here);
  }
  return interrupted;
}

/** Answers how many pushes landed. A push fails when the base moves at the same time. */
async function pushNowAndThen({ repository }: Site, random: (below: number) => number): Promise<number> {
  let landed = 0;
  for (let push = 0; push < pushes; push++) {
    await delay(random(1_500));
    try {
      repository.pushAsSomebodyElse(`theirs-${push}.txt`, 'theirs');
      landed += 1;
    } catch {
      // The base has moved. The next push may land.
    }
  }
  return landed;
}

/** A failed task can be claimed again only after a minute or more. The test makes that possible now. */
async function untilDone(here: Site, id: string): Promise<void> {
  const look = async () => {
    await services.pool.query(
      `UPDATE tasks SET available_at = clock_timestamp() WHERE organization_id = 'killed-at-random' AND available_at IS NOT NULL`,
    );
    return (await here.dispatcher.get(id)).data;
  };
  await until(look, ({ status }) => status === 'done', limitMs);
}

/** Random numbers that are the same for the same seed. */
function createRandom(first: number): (below: number) => number {
  let state = first;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((state / 0x8000_0000) * below);
  };
}
