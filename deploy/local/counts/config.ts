import { resolve } from 'node:path';
import { readSettings } from '@dispatcher/kit/settings/settings.ts';
import { z } from 'zod';
import { databaseUrlField, dataDirField } from '../config.ts';

/** The database that has the counts. */
export interface CountsSettings {
  /** Undefined: the embedded PostgreSQL of the data folder. */
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
}

/** The settings of `npm run stats:check` and `npm run stats:rebuild`, with their defaults and limits. */
export const countsSettings = z.object({ DATABASE_URL: databaseUrlField, DISPATCHER_DATA_DIR: dataDirField });

/** Reads and checks them. Throws a `SettingsError` with everything that is wrong. */
export function readCountsSettings(): CountsSettings {
  const settings = readSettings(countsSettings, process.env);
  return { databaseUrl: settings.DATABASE_URL, dataDir: resolve(settings.DISPATCHER_DATA_DIR) };
}
