import { z } from 'zod';
import { readCredentials } from '../data-folder/credentials.ts';
import type { KeysSettings } from './config.ts';

const apiKey = z.object({
  id: z.string(),
  organization_id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  key: z.string().optional(),
  created_at: z.string(),
  expires_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
});

/** A key as REST shows it. `key`, the secret, is only in the answer to its creation. */
export type ApiKey = z.infer<typeof apiKey>;

/** The routes of `/keys`, called with the admin key. Every method throws an error that people can read. */
export interface AdminClient {
  createKey(key: { organization_id: string; name: string; scopes?: string[]; expires_at?: string }): Promise<ApiKey>;
  /** All keys, or those of one organization. */
  listKeys(organizationId?: string): Promise<ApiKey[]>;
  revokeKey(id: string): Promise<ApiKey>;
}

/** A client for the running Dispatcher. Throws when it finds no admin key. */
export async function createAdminClient(settings: KeysSettings): Promise<AdminClient> {
  const saved = await readCredentials(settings.dataDir);
  const key = settings.adminKey ?? saved?.admin_key;
  const base = settings.dispatcherUrl?.replace(/\/+$/, '') ?? `${saved?.url ?? 'http://localhost:3000'}/api/v1/dispatcher`;
  if (!key) throw new Error(`No admin key: set DISPATCHER_API_KEY, or start once with \`npm start\` (looked in ${settings.dataDir}).`);
  const call = (method: string, path: string, body?: object) => send(`${base}${path}`, method, key, body);
  return {
    createKey: async (body) => one.parse(await call('POST', '/keys', body)).data,
    listKeys: (organizationId) =>
      readPages((cursor) => call('GET', `/keys?${new URLSearchParams({ limit: '200', ...organizationOf(organizationId), ...cursor })}`)),
    revokeKey: async (id) => one.parse(await call('DELETE', `/keys/${encodeURIComponent(id)}`)).data,
  };
}

const one = z.object({ data: apiKey });
const page = z.object({ data: z.array(apiKey), meta: z.object({ next_cursor: z.string().nullish() }) });
const failure = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

function organizationOf(id: string | undefined): Record<string, string> {
  return id === undefined ? {} : { organization_id: id };
}

async function send(url: string, method: string, key: string, body: object | undefined): Promise<unknown> {
  const request = {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
    signal: AbortSignal.timeout(10_000),
  };
  const response = await fetch(url, { ...request, ...(body && { body: JSON.stringify(body) }) }).catch((cause: unknown) => {
    throw new Error(`Nothing answers at ${url}. Is it running? \`npm start\` starts it; DISPATCHER_URL says where else it is.`, { cause });
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer;
  const { data } = failure.safeParse(answer);
  throw new Error(data ? `${data.error.message} (${data.error.code})` : `${url} answered ${response.status}, not as Dispatcher would.`);
}

async function readPages(read: (cursor: Record<string, string>) => Promise<unknown>): Promise<ApiKey[]> {
  const keys: ApiKey[] = [];
  let cursor: Record<string, string> | undefined = {};
  while (cursor) {
    const { data, meta }: z.infer<typeof page> = page.parse(await read(cursor));
    keys.push(...data);
    cursor = meta.next_cursor ? { cursor: meta.next_cursor } : undefined;
  }
  return keys;
}
