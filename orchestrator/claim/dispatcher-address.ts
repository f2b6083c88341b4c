import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { SettingsError } from '@dispatcher/kit/settings/settings.ts';
import { z } from 'zod';
import type { DispatcherAddress } from './dispatcher.ts';

/** The settings that say where the dispatcher is. */
export interface AddressSettings {
  readonly DISPATCHER_URL?: string | undefined;
  readonly DISPATCHER_API_KEY?: string | undefined;
  readonly DISPATCHER_DATA_DIR: string;
  readonly RECURSIV_ORGANIZATION_ID?: string | undefined;
}

const defaultUrl = 'http://localhost:3000/api/v1/dispatcher';

/**
 * The address and key from the settings. Without a key it is the key that `npm start` has saved on this machine, with
 * its address unless one is set. Throws a `SettingsError` when there is neither.
 */
export function dispatcherAddress(settings: AddressSettings): DispatcherAddress {
  const { DISPATCHER_URL: url, DISPATCHER_API_KEY: apiKey, RECURSIV_ORGANIZATION_ID: organizationId } = settings;
  if (apiKey !== undefined) return { url: url ?? defaultUrl, apiKey, organizationId };
  const saved = readCredentials(path.join(path.resolve(settings.DISPATCHER_DATA_DIR), 'credentials.json'));
  return { url: url ?? saved.url, apiKey: saved.apiKey, organizationId };
}

const credentialsSchema = z.object({ url: z.string(), api_key: z.string() });

function readCredentials(file: string): { url: string; apiKey: string } {
  if (!existsSync(file)) {
    throw new SettingsError([`DISPATCHER_API_KEY is not set, and there is no file ${file}: set the key, or run npm start on this machine first`]);
  }
  const credentials = credentialsSchema.safeParse(parsedJson(readFileSync(file, 'utf8')));
  if (!credentials.success) throw new SettingsError([`${file} has no url and api_key: set DISPATCHER_API_KEY`]);
  const { url, api_key } = credentials.data;
  return { url: `${url.replace(/\/+$/, '').replace(/\/api\/v1.*$/, '')}/api/v1/dispatcher`, apiKey: api_key };
}

/** Null for what is not JSON. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
