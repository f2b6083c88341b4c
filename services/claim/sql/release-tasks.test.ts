import { type TestClaims, useClaims } from '@dispatcher/testing/services/use-claims.ts';
import { expect, test } from 'vitest';
import type { Release } from './release-task.ts';
import { type ReleaseItem, releaseTasks } from './release-tasks.ts';

const nothing: Release = {
  ...{ releaseReason: null, retryAfterSeconds: 0, branch: null, notes: null, contextHandoff: null, prUrls: null, commits: null },
};

const releases: readonly Partial<Release>[] = [
  {},
  { releaseReason: 'completed', branch: 'task/b', commits: ['c1', 'c2'], prUrls: [] },
  { releaseReason: 'not_started', retryAfterSeconds: 60 },
  { releaseReason: 'needs_human', contextHandoff: 'What colour?', notes: 'x'.repeat(600) },
  { releaseReason: 'audit_failed', notes: 'one\n"two" \\ ünï 🦖' },
];

/** Claims a task for each release. Every other one has failed four times, and the last one has a stage of its own. */
async function claimed(claims: TestClaims, prefix: string): Promise<ReleaseItem[]> {
  const items: ReleaseItem[] = [];
  for (const [i, said] of releases.entries()) {
    const taskId = `${prefix}${i}`;
    await claims.insertTask(taskId, { failed_claims: i % 2 ? 0 : 4, notes: 'before', branch: 'before', stage: i === 4 ? 'merge' : 'build' });
    const { data } = await claims.client('acme').claimTask({ taskId, agent: 'ann' });
    const claimToken = data?.claim?.claimToken ?? '';
    const holder = { organizationId: 'acme', taskId, claimToken, agent: null, caller: 'acme' };
    items.push({ identity: ['acme', `key-${taskId}`, Buffer.from(taskId)], holder, release: { ...nothing, ...said }, maxAttempts: 5 });
  }
  return items;
}

/** What a release wrote, without what differs between two runs. */
const written = (claims: TestClaims, prefix: string) =>
  claims.database.pool
    .query(
      `SELECT t.status, t.stage, t.held, t.attempts, t.failed_claims, t.release_reason, t.branch, t.notes, t.context_handoff, t.pr_urls, t.commits,
         t.available_at > clock_timestamp() AS waits, e.type, e.actor, e.attempt, e.caller, e.release_reason AS event_reason, e.notes AS event_notes,
         e.available_at = t.available_at AS event_waits, e.status_before, e.status AS event_status, right(e.idempotency_key, 1) AS key
       FROM tasks t JOIN task_events e ON e.organization_id = t.organization_id AND e.task_id = t.id AND e.type = 'task.released'
       WHERE t.id LIKE $1 ORDER BY t.id`,
      [`${prefix}%`],
    )
    .then(({ rows }) => rows);

test('a batch writes the same as the same releases one by one', async () => {
  await using claims = await useClaims();
  const together = await claimed(claims, 'together-');
  const alone = await claimed(claims, 'alone-');
  const rows = await releaseTasks(claims.database.pool, together.toReversed());
  expect(rows.map((row) => row?.id)).toEqual(together.toReversed().map(({ holder }) => holder.taskId));
  for (const item of alone) await claims.dependencies.statements.release.run(item);
  const expected = await written(claims, 'alone-');
  expect(expected).toHaveLength(releases.length);
  expect(await written(claims, 'together-')).toEqual(expected);
});

test('an item with a lost claim, a second release and a repeat change nothing, and the other items are released', async () => {
  await using claims = await useClaims();
  const [one, two, three] = await claimed(claims, 't');
  const items = [one, two, one, { ...two, holder: { ...two?.holder, claimToken: 'stale' } }, three].flatMap((item) =>
    item ? [item as ReleaseItem] : [],
  );
  await claims.database.pool.query(`UPDATE tasks SET expires_at = clock_timestamp() - interval '1 second' WHERE id = 't2'`);
  const rows = await releaseTasks(
    claims.database.pool,
    items.map((item, i) => ({ ...item, identity: ['acme', `k${i}`, null] as const })),
  );
  expect(rows.map((row) => row?.id)).toEqual(['t0', 't1', undefined, undefined, undefined]);
  expect(await claims.events('t2')).toEqual(['task.claimed']);
});
