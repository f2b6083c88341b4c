import { announceNumbered } from '@dispatcher/database/events/numbered-events.ts';
import { createLocalBus } from '@dispatcher/kit/bus/event-bus.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { type TestClaims, useClaims } from '@dispatcher/testing/services/use-claims.ts';
import { expect, test, vi } from 'vitest';
import { startAvailableTasks } from './available-tasks.ts';

const log = createLog('silent');

/**
 * The clock of the claim service stands still. So neither the look at the queues each second nor the end of a wait
 * hands out a task.
 */
function stopClock(): Disposable {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  return { [Symbol.dispose]: () => vi.useRealTimers() };
}

/** Inserts a task of the owner bill, and its event at this position. */
async function insertTaskOfBill({ insertTask, database: { pool } }: TestClaims, position: number): Promise<void> {
  const id = `t${position}`;
  await insertTask(id, { owner: 'bill' });
  await pool.query(
    `WITH event AS (
      INSERT INTO task_events (organization_id, task_id, type, attempt, title, status, stage, score)
      VALUES ('acme', $1, 'task.created', 0, 'One', 'pending', 'build', 0) RETURNING id
    )
    INSERT INTO event_positions (position, event_id, organization_id) SELECT $2, id, 'acme' FROM event`,
    [id, position],
  );
}

test('a waiting caller gets a task as soon as its event is announced, whatever other callers wait for', async () => {
  await using claims = await useClaims();
  const { waiting } = claims.dependencies;
  await using bus = createLocalBus();
  using _stopped = stopClock();
  await using _offers = startAvailableTasks(claims.dependencies, bus, log);
  const leaving = new AbortController();
  const others = [{ project: 'web' }, { milestone: 'v1' }, { owner: 'ann' }, { layer: 'core' }, { stage: 'merge' }];
  const client = claims.client('acme');
  const inVain = others.map((filter) => client.claimNextTask({ agent: 'other', waitSeconds: 30, ...filter }, { signal: leaving.signal }));
  for (let position = 1; position <= 9; position++) {
    const answer = client.claimNextTask({ agent: 'mine', owner: 'bill', waitSeconds: 30 });
    await expect.poll(() => waiting.size).toBe(others.length + 1);
    await insertTaskOfBill(claims, position);
    announceNumbered(bus, { after: position - 1, upTo: position });
    expect((await answer).data?.task?.id).toBe(`t${position}`);
  }
  leaving.abort();
  await Promise.all(inVain);
});

test('a waiting caller gets a task a second later, at the next look at the queues, when its announcement is lost', async () => {
  await using claims = await useClaims();
  const { waiting } = claims.dependencies;
  await using bus = createLocalBus();
  using _stopped = stopClock();
  await using _offers = startAvailableTasks(claims.dependencies, bus, log);
  const answer = claims.client('acme').claimNextTask({ agent: 'mine', owner: 'bill', waitSeconds: 30 });
  await expect.poll(() => waiting.size).toBe(1);
  await insertTaskOfBill(claims, 1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect((await answer).data?.task?.id).toBe('t1');
});
