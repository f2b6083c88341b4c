import { as, useTasks } from '@dispatcher/testing/services/use-tasks.ts';
import { expect, test } from 'vitest';

test('an archived task can be read by its id', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ id: 'old', title: 'Old' }, as('acme'));
  await tasks.query('UPDATE tasks SET archived_at = clock_timestamp()');
  expect((await tasks.client.getTask({ taskId: 'old' }, as('acme'))).data?.archivedAt).toBeDefined();
});

test('the answer has a live claim without its token', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ id: 'one', title: 'One' }, as('acme'));
  await tasks.query(`UPDATE tasks SET status = 'claimed', attempts = 2, agent = 'ada', claim_token = 'secret', lease_seconds = 60,
    claimed_at = clock_timestamp(), last_heartbeat_at = clock_timestamp(), expires_at = clock_timestamp() + interval '1 minute'`);
  const { data } = await tasks.client.getTask({ taskId: 'one' }, as('acme'));
  expect(data).toMatchObject({ status: 'claimed', attempts: 2, claim: { taskId: 'one', organizationId: 'acme', agent: 'ada', attempt: 2 } });
  expect(data?.claim?.claimToken).toBeUndefined();
});

test('a task of another organization gets the same answer as one that does not exist', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ id: 'theirs', title: 'Theirs' }, as('globex'));
  const failure = async (taskId: string, caller: string) => {
    const thrown = await tasks.client.getTask({ taskId }, as(caller)).catch((error: unknown) => error);
    return { ...(thrown as object), message: (thrown as Error).message };
  };
  const unknown = await failure('unknown', 'acme');
  expect(unknown).toMatchObject({ reason: 'not_found' });
  expect(await failure('theirs', 'acme')).toEqual(unknown);
  expect(await failure('unknown', 'admin')).toEqual(unknown);
});

test('the admin finds a task by its id alone, and must name the organization when two have it', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ id: 'one', title: 'Ours' }, as('acme'));
  expect((await tasks.client.getTask({ taskId: 'one' }, as('admin'))).data?.title).toBe('Ours');
  await tasks.client.createTask({ id: 'one', title: 'Theirs' }, as('globex'));
  await expect(tasks.client.getTask({ taskId: 'one' }, as('admin'))).rejects.toMatchObject({ reason: 'ambiguous_id' });
  expect((await tasks.client.getTask({ taskId: 'one', organizationId: 'globex' }, as('admin'))).data?.title).toBe('Theirs');
});
