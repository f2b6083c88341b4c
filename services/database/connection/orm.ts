import { Migrator } from '@mikro-orm/migrations';
import { MikroORM, type Options } from '@mikro-orm/postgresql';
import { entities } from '../entities/index.ts';
import { connectionOptions } from './connection-options.ts';
import { returnBrokenConnections } from './return-broken-connections.ts';

/** Connects MikroORM to the database at `url`, for plain reads and writes. `overrides` replace the defaults. */
export async function connectOrm(url: string, overrides: Options = {}): Promise<MikroORM> {
  return await MikroORM.init({
    entities,
    extensions: [Migrator],
    dbName: decodeURIComponent(new URL(url).pathname.slice(1)) || 'postgres',
    pool: { min: 0, max: 4 },
    discovery: { warnWhenNoEntities: false },
    ensureDatabase: false,
    ...overrides,
    driverOptions: { ...(overrides.driverOptions ?? connectionOptions(url)), onPoolCreated: returnBrokenConnections },
  });
}
