import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileSafely } from './write-file-safely.ts';

const schema = z.object({
  /** Where REST is, without a path. */
  url: z.string(),
  /** Where gRPC is, as host:port. */
  grpc_url: z.string(),
  /** Opens everything. */
  admin_key: z.string(),
  /** The organization that a local start makes. */
  organization_id: z.literal('local'),
  /** Its key. */
  api_key: z.string(),
});

/** What programs on the same machine need to call a local Dispatcher. */
export type Credentials = z.infer<typeof schema>;

/** The file that holds them, which only its owner reads. */
export function credentialsPath(dataDir: string): string {
  return join(dataDir, 'credentials.json');
}

/** What an earlier start saved; undefined before the first. */
export async function readCredentials(dataDir: string): Promise<Credentials | undefined> {
  const path = credentialsPath(dataDir);
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new Error(`${path} cannot be read. Move it away, and the next start makes new keys.`, { cause });
  }
}

/** Saves them, whole or not at all. */
export async function saveCredentials(dataDir: string, credentials: Credentials): Promise<void> {
  await writeFileSafely(credentialsPath(dataDir), `${JSON.stringify(credentials, null, 2)}\n`);
}
