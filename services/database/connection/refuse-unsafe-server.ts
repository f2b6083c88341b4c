import { z } from 'zod';
import type { Pool } from './pool.ts';

/**
 * Throws when the PostgreSQL server may lose committed data in a crash, or is too old or set up wrongly. The error
 * lists all reasons.
 */
export async function refuseUnsafeServer(pool: Pick<Pool, 'query'>): Promise<void> {
  const { rows } = await pool.query('SELECT name, setting FROM pg_settings WHERE name = ANY ($1)', [[...rules.keys()]]);
  const faults = z
    .array(row)
    .parse(rows)
    .flatMap(({ name, setting }) => faultOf(name, setting));
  if (faults.length > 0) throw new Error(`The PostgreSQL server of DATABASE_URL cannot be used:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
}

const row = z.object({ name: z.string(), setting: z.string() });

interface Rule {
  readonly allows: (setting: string) => boolean;
  readonly reason: string;
}

const rules = new Map<string, Rule>([
  ['fsync', { allows: (setting) => setting === 'on', reason: 'a crash of the machine would lose or damage the data. Set it to on.' }],
  ['synchronous_commit', { allows: (setting) => setting !== 'off', reason: 'a crash would lose data that the API has confirmed. Set it to on.' }],
  ['server_encoding', { allows: (setting) => setting === 'UTF8', reason: 'texts need UTF8. Create the database with ENCODING UTF8.' }],
  ['server_version_num', { allows: (setting) => Number(setting) >= 150_000, reason: 'the oldest version that works is PostgreSQL 15.' }],
]);

function faultOf(name: string, setting: string): string[] {
  const rule = rules.get(name);
  return !rule || rule.allows(setting) ? [] : [`${name} is ${setting}: ${rule.reason}`];
}
