import { type TestClaims, useClaims } from '@dispatcher/testing/services/use-claims.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anywhereSql, inOrganizationSql } from './sql/claim-next/claim-next-task.ts';
import { claimNextTasksSql } from './sql/claim-next/claim-next-tasks.ts';
import { inOrganizationSql as severalInOrganizationSql } from './sql/claim-next/claim-several.ts';
import { matchingOrganizationsSql } from './sql/claim-next/matching-organizations.ts';
import { readyFiltersSql } from './sql/claim-next/ready-filters.ts';
import { completeTaskSql } from './sql/complete-task.ts';
import { completeTasksSql } from './sql/complete-tasks.ts';
import { heartbeatTaskSql } from './sql/heartbeat-task.ts';
import { heartbeatTasksSql } from './sql/heartbeat-tasks.ts';
import { keepClaimSql } from './sql/keep-claim.ts';
import { readyDueTasksSql } from './sql/queue/ready-due-tasks.ts';
import { releaseTaskSql } from './sql/release-task.ts';
import { releaseTasksSql } from './sql/release-tasks.ts';
import { returnClaimSql } from './sql/return-claim.ts';

/** A node of a plan as EXPLAIN (FORMAT JSON) prints it. */
interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows'?: number;
  'Rows Removed by Filter'?: number;
  Plans?: PlanNode[];
}

describe('the plans of the hot statements, on 20,000 tasks of one owner', () => {
  let claims: TestClaims;
  beforeAll(async () => {
    claims = await useClaims();
    await claims.database.pool.query(`
      INSERT INTO tasks (organization_id, id, title, created_by, rank, owner, project, milestone, layer)
      SELECT CASE WHEN i % 10 = 0 THEN 'globex' ELSE 'acme' END, 't' || i, 't', 'test', i % 1000, 'bill', 'web', 'v1', 'core' FROM generate_series(1, 20000) AS i`);
    await claims.database.pool.query('ANALYZE tasks');
  });
  afterAll(() => claims[Symbol.asyncDispose]());

  it.each([
    [null, 'tasks_ready_anywhere', []],
    [[], 'tasks_ready', ['acme']],
    [[], 'tasks_ready', ['nobody']],
    [['owner'], 'tasks_ready_owner', ['acme', 'bill']],
    [['owner'], 'tasks_ready_owner', ['acme', 'nobody']],
    [['project'], 'tasks_ready_project', ['acme', 'nothing']],
    [['milestone'], 'tasks_ready_milestone', ['acme', 'never']],
    [['layer'], 'tasks_ready_layer', ['acme', 'ops']],
    [['owner', 'project'], 'tasks_ready_owner', ['acme', 'bill', 'web']],
    [['owner', 'project'], 'tasks_ready_project', ['acme', 'bill', 'nothing']],
    [['milestone', 'owner', 'layer'], 'tasks_ready_owner', ['acme', 'v1', 'nobody', 'core']],
  ] as const)('claim-next by %j reads %s without a sort, also when nothing matches (%j)', async (names, index, values) => {
    for (const keyed of [false, true]) {
      const sql = names ? inOrganizationSql(names, keyed) : anywhereSql(keyed);
      const nodes = await explain(claims, sql, ['caller', keyed ? 'key' : null, null, 'agent', 'token', 60, 'build', ...values]);
      expect(
        nodes.filter((node) => ['Sort', 'Seq Scan', 'Bitmap Heap Scan'].includes(node['Node Type']) && node['Relation Name'] !== 'settings'),
      ).toEqual([]);
      expectOneLook(nodes, index);
    }
  });

  it.each([
    [[], 'tasks_ready', ['acme'], 100],
    [['owner'], 'tasks_ready_owner', ['acme', 'bill'], 100],
    [['owner'], 'tasks_ready_owner', ['acme', 'nobody'], 0],
    [['owner', 'project'], 'tasks_ready_owner', ['acme', 'bill', 'web'], 100],
    [['owner', 'project'], 'tasks_ready_project', ['acme', 'bill', 'nothing'], 0],
  ] as const)('a claim of 100 tasks by %j reads only those of %s (%j)', async (names, index, values, count) => {
    const tokens = Array.from({ length: 100 }, (_, i) => `token ${i}`);
    const sql = severalInOrganizationSql(names, false);
    const nodes = await explain(claims, sql, ['caller', null, null, 'agent', tokens, 60, 'build', 100, ...values]);
    expect(nodes.filter((node) => ['Seq Scan', 'Bitmap Heap Scan'].includes(node['Node Type']) && node['Relation Name'] !== 'settings')).toEqual([]);
    expect(nodes.filter((node) => node['Index Name'] === index)).not.toEqual([]);
    for (const scan of nodes.filter((node) => node['Index Name']?.startsWith('tasks_ready'))) {
      expect(scan['Rows Removed by Filter'] ?? 0).toBe(0);
      expect(scan['Actual Rows']).toBeLessThanOrEqual(Math.max(1, count));
    }
  });

  it.each([
    ['owner', 'bill'],
    ['owner', 'nobody'],
    ['project', 'nothing'],
    ['milestone', 'v1'],
    ['layer', 'ops'],
  ] as const)('claim-next by %s over all organizations reads the index once for each organization (%s)', async (name, value) => {
    const nodes = await explain(claims, matchingOrganizationsSql([name]), ['build', value]);
    expect(nodes.filter((node) => node['Relation Name'] === 'tasks' && node['Index Name'] !== 'tasks_concurrency')).toHaveLength(1);
    expectOneLook(nodes, `tasks_ready_${name}`);
  });

  it.each([
    [[], true, 'tasks_ready'],
    [[], false, 'tasks_ready_anywhere'],
    [['project'], true, 'tasks_ready_project'],
    [['owner', 'layer'], true, 'tasks_ready_owner'],
    [['milestone'], false, 'tasks_ready_milestone'],
  ] as const)(
    'the look for tasks by %j for waiting callers, in one organization: %s, reads %s once for each',
    async (names, inOrganization, index) => {
      const lists = [['acme', 'nobody'], ['build', 'merge'], ...names.map(() => ['bill', 'nobody'])];
      const nodes = await explain(claims, readyFiltersSql(names, inOrganization), lists);
      expect(nodes.filter((node) => ['Seq Scan', 'Bitmap Heap Scan'].includes(node['Node Type']) && node['Relation Name'] === 'tasks')).toEqual([]);
      expectOneLook(nodes, index);
    },
  );

  it('the sweeper reads no task whose time has not come', async () => {
    await claims.database.pool.query(`UPDATE tasks SET available_at = now() + interval '1 hour' WHERE rank >= 500`);
    const nodes = await explain(claims, readyDueTasksSql, [200]);
    const scan = nodes.find((node) => node['Index Name'] === 'tasks_waiting');
    expect(scan?.['Actual Rows']).toBe(0);
    expect(scan?.['Rows Removed by Filter'] ?? 0).toBe(0);
  });

  it.each([
    [null, 'tasks_ready_anywhere', 30],
    [[], 'tasks_ready', 20],
    [['owner'], 'tasks_ready_owner', 10],
    [['project'], 'tasks_ready_project', 10],
    [['milestone'], 'tasks_ready_milestone', 10],
    [['layer'], 'tasks_ready_layer', 10],
    [['owner', 'project'], 'tasks_ready_owner', 10],
    [['milestone', 'owner', 'layer'], 'tasks_ready_milestone', 10],
  ] as const)('claim-next for several callers by %j walks %s once for each group, and reads only what it claims', async (names, index, most) => {
    const bills = { owner: 'bill', project: 'web', milestone: 'v1', layer: 'core' };
    const nobodys = { owner: 'nobody', project: 'nothing', milestone: 'never', layer: 'ops' };
    const items = Array.from({ length: 30 }, (_, i) => ({
      place: i,
      organization_id: i < 20 ? 'acme' : 'globex',
      stage: 'build',
      ...(i % 2 ? bills : nobodys),
      caller: 'acme',
      idempotency_key: `k${i}`,
      agent: 'ann',
      claim_token: `token-${i}`,
      lease_seconds: 60,
    }));
    const nodes = await explain(claims, claimNextTasksSql(names), [JSON.stringify(items)]);
    const walks = nodes.filter((node) => node['Node Type'] === 'Index Scan' && node['Index Name'] === index);
    expect(walks).not.toEqual([]);
    const tasks = nodes.filter((node) => node['Node Type'].includes('Scan') && node['Relation Name'] === 'tasks');
    for (const scan of tasks) {
      expect(scan['Index Name']).toMatch(/^tasks_(ready|pkey|concurrency)/);
      expect(scan['Rows Removed by Filter'] ?? 0).toBe(0);
      expect(scan['Actual Rows']).toBeLessThanOrEqual(most);
    }
  });

  const nulls = (count: number) => Array.from({ length: count }, () => null);
  it.each([
    ['heartbeat', heartbeatTaskSql, ['acme', 't1', 'token', 'ann']],
    ['complete', completeTaskSql, ['acme', 'key', null, 'acme', 't1', 'token', ...nulls(5)]],
    ['release', releaseTaskSql, ['acme', 'key', null, 'acme', 't1', 'token', ...nulls(10)]],
    ['keep', keepClaimSql, ['acme', 't1', 'token']],
    ['return', returnClaimSql, ['acme', null, null, 'acme', 't1', 'token']],
  ])('%s reads one task by its key, though no task is claimed yet', async (_, sql, values) => {
    expectKeyLooks(await explain(claims, sql, values));
  });

  it.each([
    ['complete', completeTasksSql],
    ['heartbeat', heartbeatTasksSql],
    ['release', releaseTasksSql],
  ])('%s for several tasks reads each by its key, though no task is claimed yet', async (_, sql) => {
    const items = Array.from({ length: 50 }, (_, i) => ({
      place: i,
      organization_id: 'acme',
      id: `t${i}`,
      caller: 'acme',
      idempotency_key: `k${i}`,
    }));
    expectKeyLooks(await explain(claims, sql, [JSON.stringify(items)]));
  });

  async function explain({ database: { pool } }: TestClaims, text: string, values: unknown[]): Promise<PlanNode[]> {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values);
      const plan = rows[0]?.['QUERY PLAN'][0].Plan;
      return plan ? flat(plan) : [];
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  }
});

const flat = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flat)];

function expectOneLook(nodes: readonly PlanNode[], index: string): void {
  expect(nodes.filter((node) => node['Index Name'] === index)).not.toEqual([]);
  for (const scan of nodes.filter((node) => node['Index Name']?.startsWith('tasks_ready'))) {
    expect(scan['Rows Removed by Filter'] ?? 0).toBe(0);
    expect(scan['Actual Rows']).toBeLessThanOrEqual(1);
  }
}

function expectKeyLooks(nodes: readonly PlanNode[]): void {
  const scans = nodes.filter((node) => node['Node Type'].includes('Scan') && ['tasks', 'task_events'].includes(node['Relation Name'] ?? ''));
  expect(scans).not.toEqual([]);
  for (const scan of scans) {
    expect(['tasks_pkey', 'task_events_idempotency', 'task_events_of_task']).toContain(scan['Index Name']);
    expect(scan['Actual Rows']).toBeLessThanOrEqual(1);
  }
}
