import { announceNumbered } from '@dispatcher/database/events/numbered-events.ts';
import { createLocalBus } from '@dispatcher/kit/bus/event-bus.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { patience } from '@dispatcher/testing/harness/patience.ts';
import { type TestClaims, useClaims } from '@dispatcher/testing/services/use-claims.ts';
import { expect, test } from 'vitest';
import { startAvailableTasks } from './available-tasks.ts';

const log = createLog('silent');

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
  await using _offers = startAvailableTasks(claims.dependencies, bus, log);
  const leaving = new AbortController();
  const others = [{ project: 'web' }, { milestone: 'v1' }, { owner: 'ann' }, { layer: 'core' }, { stage: 'merge' }];
  const client = claims.client('acme');
  const inVain = others.map((filter) => client.claimNextTask({ agent: 'other', waitSeconds: 30, ...filter }, { signal: leaving.signal }));
  const delays: number[] = [];
  for (let position = 1; position <= 9; position++) {
    const answer = client.claimNextTask({ agent: 'mine', owner: 'bill', waitSeconds: 30 });
    await expect.poll(() => waiting.size).toBe(others.length + 1);
    await insertTaskOfBill(claims, position);
    const announced = performance.now();
    announceNumbered(bus, { after: position - 1, upTo: position });
    expect((await answer).data?.task?.id).toBe(`t${position}`);
    delays.push(performance.now() - announced);
  }
  // The look at the queues, once a second, would take half a second on average.
  expect(delays.sort((a, b) => a - b)[4]).toBeLessThan(250 * patience());
  leaving.abort();
  await Promise.all(inVain);
});

test('a waiting caller gets a task within about two seconds when its announcement is lost', async () => {
  await using claims = await useClaims();
  const { waiting } = claims.dependencies;
  await using bus = createLocalBus();
  await using _offers = startAvailableTasks(claims.dependencies, bus, log);
  const answer = claims.client('acme').claimNextTask({ agent: 'mine', owner: 'bill', waitSeconds: 30 });
  await expect.poll(() => waiting.size).toBe(1);
  const start = performance.now();
  await insertTaskOfBill(claims, 1);
  expect((await answer).data?.task?.id).toBe('t1');
  expect(performance.now() - start).toBeLessThan(5_000 * patience());
});
