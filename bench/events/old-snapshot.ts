import { startWorld, type World } from '@dispatcher/testing/faults/environment/environment.ts';
import { z } from 'zod';
import { createAcme, post } from './call.ts';
import { type Figure, inMs, quantile } from './figure.ts';

const seconds = 60;
const workers = 16;

/** The length of the first and of the last part of the run. */
const partMs = 10_000;

/**
 * How much a transaction that stays open, such as that of a backup, slows down claim-next. PostgreSQL must keep dead
 * rows as long as that transaction might read them.
 */
export async function measureOldSnapshot(): Promise<Figure[]> {
  const without = await claimTimes(async () => undefined);
  const open = await claimTimes(async ({ db }, work) => {
    const client = await db.connect();
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await client.query('SELECT count(*) FROM tasks');
    await work;
    client.release(true);
  });
  return [figure('without an open transaction', without), figure('beside a transaction that stays open', open)];
}

interface ClaimTime {
  readonly at: number;
  readonly ms: number;
}

async function claimTimes(during: (world: World, work: Promise<unknown>) => Promise<unknown>): Promise<ClaimTime[]> {
  await using world = await startWorld('alone');
  await createAcme(world);
  const times: ClaimTime[] = [];
  const start = performance.now();
  const work = Promise.all(Array.from({ length: workers }, () => workFor(world, start, times)));
  await during(world, work);
  await work;
  return times;
}

async function workFor(world: World, start: number, times: ClaimTime[]): Promise<void> {
  while (performance.now() - start < seconds * 1000) {
    await post(world, '/tasks', { title: 'One of many', rev: Math.floor(Math.random() * 10) });
    const sentAt = performance.now();
    const { data } = claimAnswer.parse(await post(world, '/tasks/claim-next', { agent: 'ann' }));
    times.push({ at: sentAt - start, ms: performance.now() - sentAt });
    if (data) await post(world, `/done/${data.task.id}`, { claim_token: data.claim.claim_token });
  }
}

const claimAnswer = z.object({
  data: z.object({ task: z.object({ id: z.string() }), claim: z.object({ claim_token: z.string() }) }).nullable(),
});

function figure(what: string, times: readonly ClaimTime[]): Figure {
  const first = quantile(
    times.filter(({ at }) => at < partMs).map(({ ms }) => ms),
    0.5,
  );
  const last = quantile(
    times.filter(({ at }) => at > seconds * 1000 - partMs).map(({ ms }) => ms),
    0.5,
  );
  return {
    what: `Claim-next under load (${workers} workers), ${what}: median of the first and the last 10 s of a minute, ratio`,
    measured: `${inMs(first)}, ${inMs(last)}, ${(last / first).toFixed(2)}`,
    promised: '',
    n: `${times.length} claims`,
  };
}
