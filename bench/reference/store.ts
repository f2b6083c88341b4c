import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApiKey, digestOfKey } from '@dispatcher/kit/auth/api-key.ts';
import pg from 'pg';
import { organization } from '../stage/insert-tasks.ts';
import { createBatcher } from './batcher.ts';
import { insertSql, schemaSql } from './schema.ts';
import { claimManySql, claimOneSql, completeManySql, completeOneSql, relaySql } from './statements.ts';

/** A task as in the table, with the columns that the statements need. */
export interface ReferenceRow {
  readonly [column: string]: unknown;
  readonly id: string;
  readonly organization_id: string;
  readonly claim_token: string | null;
  readonly place?: string;
}

interface Claim {
  readonly organizationId: string;
  readonly agent: string;
  readonly leaseSeconds: number;
}

interface Done {
  readonly organizationId: string;
  readonly id: string;
  readonly claimToken: string;
}

/** The store of the hand-written service. */
export interface ReferenceStore {
  claim(claim: Claim): Promise<ReferenceRow | null>;
  complete(done: Done): Promise<ReferenceRow | null>;
  createKey(): Promise<string>;
  /** The organization of a key. Null for an unknown key. */
  organizationOf(digest: Buffer): Promise<string | null>;
  topUp(backlog: number): Promise<void>;
}

/** Few connections are enough, because one statement of each kind runs at a time. Plans are pinned as in Dispatcher. */
const options = ['plan_cache_mode=force_generic_plan', 'enable_seqscan=off', 'enable_hashjoin=off', 'enable_mergejoin=off', 'jit=off'];

/** How often the relay looks while there are events, and while there are none. */
const relayMs = { busy: 10, idle: 100 };

/** Opens the store on a database, and creates its tables when they do not exist. */
export async function openReferenceStore(url: string): Promise<ReferenceStore> {
  const pool = new pg.Pool({ connectionString: url, max: 4, options: options.map((option) => `-c ${option}`).join(' ') });
  await pool.query(schemaSql);
  const query = async (name: string, text: string, values: unknown[]): Promise<ReferenceRow[]> =>
    (await pool.query<ReferenceRow>({ name, text, values })).rows;
  // A relay that fails ends the process.
  void runRelay(() => query('relay', relaySql, []));
  return {
    claim: createBatcher((claims) => claimAll(query, claims)),
    complete: createBatcher((done) => completeAll(query, done)),
    async createKey() {
      const key = createApiKey();
      await pool.query('INSERT INTO api_keys VALUES ($1, $2)', [digestOfKey(key), organization]);
      return key;
    },
    async organizationOf(digest) {
      const { rows } = await pool.query<{ organization_id: string }>('SELECT organization_id FROM api_keys WHERE digest = $1', [digest]);
      return rows[0]?.organization_id ?? null;
    },
    topUp: (backlog) => topUp(pool, backlog),
  };
}

type Query = (name: string, text: string, values: unknown[]) => Promise<ReferenceRow[]>;

const newToken = () => randomBytes(18).toString('base64url');

async function claimAll(query: Query, claims: readonly Claim[]): Promise<(ReferenceRow | null)[]> {
  const [first] = claims;
  if (first && claims.length === 1) {
    const rows = await query('claim-one', claimOneSql, [first.organizationId, first.agent, newToken(), first.leaseSeconds]);
    return [rows[0] ?? null];
  }
  const groups = Object.entries(Object.groupBy(claims, ({ organizationId }) => organizationId)).map(([name, all = []]) => ({ name, all }));
  const flat = groups.flatMap(({ all }) => all);
  const before = groups.map((_, i) => groups.slice(0, i).reduce((sum, { all }) => sum + all.length, 0));
  const rows = await query('claim-many', claimManySql, [
    groups.map(({ name }) => name),
    groups.map(({ all }) => all.length),
    before,
    flat.map(({ agent }) => agent),
    flat.map(newToken),
    flat.map(({ leaseSeconds }) => leaseSeconds),
  ]);
  const given = new Map(rows.map((row) => [flat[Number(row.place) - 1], row]));
  return claims.map((claim) => given.get(claim) ?? null);
}

async function completeAll(query: Query, done: readonly Done[]): Promise<(ReferenceRow | null)[]> {
  const [first] = done;
  if (first && done.length === 1) {
    const rows = await query('complete-one', completeOneSql, [first.organizationId, first.id, first.claimToken]);
    return [rows[0] ?? null];
  }
  const columns = [done.map(({ organizationId }) => organizationId), done.map(({ id }) => id), done.map(({ claimToken }) => claimToken)];
  const rows = new Map((await query('complete-many', completeManySql, columns)).map((row) => [`${row.organization_id} ${row.id}`, row]));
  return done.map(({ organizationId, id }) => rows.get(`${organizationId} ${id}`) ?? null);
}

async function runRelay(round: () => Promise<readonly unknown[]>): Promise<never> {
  while (true) await sleep((await round()).length > 0 ? relayMs.busy : relayMs.idle);
}

async function topUp(pool: pg.Pool, backlog: number): Promise<void> {
  const { rows } = await pool.query<{ ready: number }>(`SELECT count(*)::integer AS ready FROM tasks WHERE status = 'pending' AND NOT held`);
  await pool.query(insertSql, [organization, Math.max(0, backlog - (rows[0]?.ready ?? 0))]);
  await pool.query('VACUUM (ANALYZE) tasks');
}
