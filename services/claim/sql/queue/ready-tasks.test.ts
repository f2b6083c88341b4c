import { useClaims } from '@dispatcher/testing/services/use-claims.ts';
import { expect, test } from 'vitest';
import { readyTasks } from './ready-tasks.ts';

const insertEventsSql = `
WITH event AS (
  INSERT INTO task_events (organization_id, task_id, type, attempt, title, status, stage, score)
  SELECT organization_id, id, 'task.updated', 0, title, status, stage, 0 FROM tasks ORDER BY id RETURNING id, organization_id
)
INSERT INTO event_positions (position, event_id, organization_id) SELECT row_number() OVER (ORDER BY id), id, organization_id FROM event`;

test('announced events give the tasks that claim-next can return now, with every field that a filter compares', async () => {
  await using claims = await useClaims();
  const { pool } = claims.database;
  await claims.insertTask('a-ready', { owner: 'bill', project: 'web', milestone: 'v1', layer: 'core', stage: 'merge' });
  await claims.insertTask('b-held', { held: true });
  await claims.insertTask('c-done', { status: 'done', completed_at: new Date() });
  await claims.insertTask('d-ready', { organization_id: 'globex' });
  await pool.query(insertEventsSql);
  const first = { organizationId: 'acme', id: 'a-ready', owner: 'bill', project: 'web', milestone: 'v1', layer: 'core', stage: 'merge' };
  const last = { organizationId: 'globex', id: 'd-ready', owner: null, project: null, milestone: null, layer: null, stage: 'build' };
  expect(await readyTasks(pool, { after: 0, upTo: 3 })).toEqual([first]);
  expect(await readyTasks(pool, { after: 3, upTo: 4 })).toEqual([last]);
  // The relay never sends such a range, but somebody else may write on the bus.
  expect(await readyTasks(pool, { after: 0, upTo: Number.MAX_SAFE_INTEGER })).toHaveLength(2);
  expect(await readyTasks(pool, { after: 9, upTo: 1 })).toEqual([]);
});
