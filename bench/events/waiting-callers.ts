import { setTimeout as sleep } from 'node:timers/promises';
import { startWorld, type World } from '@dispatcher/testing/faults/environment/environment.ts';
import { z } from 'zod';
import { createAcme, post } from './call.ts';
import { type Figure, inMs } from './figure.ts';

const callerCount = 500;

const waitSeconds = 30;

/** A backend reports its statistics at the latest after it has been idle for 10 s. */
const reportedMs = 11_000;

/**
 * 500 callers of claim-next wait, and one task is created. Measures who gets it, how soon, and what the waiting costs
 * the database.
 */
export async function measureWaitingCallers(): Promise<Figure[]> {
  await using world = await startWorld('alone');
  await createAcme(world);
  await sleep(reportedMs);
  const quiet = await transactions(world, () => sleep(4_000));
  const answers: { won: boolean; after: number }[] = [];
  const start = performance.now();
  const calls = Array.from({ length: callerCount }, async (_, i) => {
    const answer = claimAnswer.parse(await post(world, '/tasks/claim-next', { agent: `agent-${i}`, wait_seconds: waitSeconds }, 50_000));
    answers.push({ won: answer.data !== null, after: performance.now() - start });
  });
  await sleep(reportedMs + 1_000);
  const waiting = await transactions(world, () => sleep(4_000));
  const created = performance.now() - start;
  const afterwards = await transactions(world, async () => {
    await post(world, '/tasks', { title: 'One for five hundred' });
    await sleep(reportedMs);
  });
  await Promise.all(calls);
  const winners = answers.filter(({ won }) => won);
  const early = answers.filter(({ won, after }) => !won && after < waitSeconds * 1000 - 500);
  return [
    { what: '500 waiting callers, one new task: winners', measured: String(winners.length), promised: '1', n: '500 callers' },
    {
      what: 'the same: from sending the task to the answer of the winner',
      measured: inMs((winners[0]?.after ?? Number.NaN) - created),
      promised: '',
      n: '1 task',
    },
    { what: 'the same: others answered before their time was over', measured: String(early.length), promised: '0', n: '499 callers' },
    {
      what: 'the same: transactions of the database per second while nobody waits, while 500 wait, and in the 11 s after the task',
      measured: [quiet / 4, waiting / 4, (afterwards * 1000) / reportedMs].map((rate) => rate.toFixed(1)).join(', '),
      promised: 'idle',
      n: '4, 4 and 11 s',
    },
  ];
}

const claimAnswer = z.object({ data: z.object({}).nullable() });

/** The number of transactions that the database counts while `during` runs. */
async function transactions({ db }: World, during: () => Promise<void>): Promise<number> {
  const read = async () => {
    const [row] = await db.query<{ count: number }>(countSql);
    return row?.count ?? 0;
  };
  const before = await read();
  await during();
  return (await read()) - before;
}

const countSql = 'SELECT pg_stat_get_db_xact_commit(oid)::float8 AS count FROM pg_database WHERE datname = current_database()';
