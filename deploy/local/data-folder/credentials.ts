import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileSafely } from './write-file-safely.ts';

const schema = z.object({
  /** The URL of REST, without a path. */
  url: z.string(),
  /** The address of gRPC, as host:port. */
  grpc_url: z.string(),
  /** The admin key. */
  admin_key: z.string(),
  /** The organization that a local start creates. */
  organization_id: z.literal('local'),
  /** The key of that organization. */
  api_key: z.string(),
});

/** The credentials that programs on the same machine need to call a local Dispatcher. */
export type Credentials = z.infer<typeof schema>;

/** The file with the credentials. Only its owner can read it. */
export function credentialsPath(dataDir: string): string {
  return join(dataDir, 'credentials.json');
}

/** The credentials that an earlier start saved. Undefined before the first start. */
export async function readCredentials(dataDir: string): Promise<Credentials | undefined> {
  const path = credentialsPath(dataDir);
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new Error(`${path} cannot be read. Move it away, and the next start makes new keys.`, { cause });
  }
}

/** Saves the credentials, whole or not at all. */
export async function saveCredentials(dataDir: string, credentials: Credentials): Promise<void> {
  await writeFileSafely(credentialsPath(dataDir), `${JSON.stringify(credentials, null, 2)}\n`);
}
