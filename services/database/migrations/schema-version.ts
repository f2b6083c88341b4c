import type { MikroORM } from '@mikro-orm/postgresql';
import { migrations } from './index.ts';

/** Throws when the schema does not belong to this version: it lacks a migration, or has one that is unknown here. */
export async function refuseUnknownSchema(orm: MikroORM): Promise<void> {
  const known = new Set(migrations.map(({ name }) => name));
  const executed = new Set(await executedMigrations(orm));
  const missing = known.difference(executed);
  const foreign = executed.difference(known);
  if (missing.size > 0)
    throw new Error(`The database lacks ${[...missing].join(', ')}. Run \`npm run migrate\` with this version, then start again.`);
  if (foreign.size > 0) throw new Error(`The database was migrated by a newer version (${[...foreign].join(', ')}). Start that version instead.`);
}

async function executedMigrations(orm: MikroORM): Promise<string[]> {
  const [{ there } = { there: false }] = await orm.em.execute<{ there: boolean }[]>(
    `SELECT to_regclass('mikro_orm_migrations') IS NOT NULL AS there`,
  );
  if (!there) return [];
  return (await orm.em.execute<{ name: string }[]>('SELECT name FROM mikro_orm_migrations')).map(({ name }) => name);
}
