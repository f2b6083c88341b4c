import { resolve } from 'node:path';
import { readSettings } from '@dispatcher/kit/settings/settings.ts';
import { z } from 'zod';
import { adminKeyField, dataDirField } from '../config.ts';

/** The settings of `npm run keys` from its environment. */
export interface KeysSettings {
  /** Undefined: the address that the last start saved. */
  readonly dispatcherUrl: string | undefined;
  /** Undefined: the admin key that the last start saved. */
  readonly adminKey: string | undefined;
  readonly dataDir: string;
}

/** The settings of `npm run keys`, with their defaults and limits. */
export const keysSettings = z.object({
  DISPATCHER_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('a URL of the form http://localhost:3000/api/v1/dispatcher'),
  DISPATCHER_API_KEY: adminKeyField,
  DISPATCHER_DATA_DIR: dataDirField,
});

/** Reads and checks them. Throws a `SettingsError` with everything that is wrong. */
export function readKeysSettings(): KeysSettings {
  const settings = readSettings(keysSettings, process.env);
  return { dispatcherUrl: settings.DISPATCHER_URL, adminKey: settings.DISPATCHER_API_KEY, dataDir: resolve(settings.DISPATCHER_DATA_DIR) };
}
