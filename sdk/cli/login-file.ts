import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

const schema = z.object({ base_url: z.string(), api_key: z.string() });

/** Where the API is, and the key. */
export type Login = z.infer<typeof schema>;

/** What `login` kept; undefined before the first. */
export async function readLogin(path: string): Promise<Login | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new Error(`${path} cannot be read; \`dispatcher login\` writes it anew.`, { cause });
  }
}

/** Keeps it for its owner's eyes alone, whole or not at all. */
export async function saveLogin(path: string, login: Login): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const next = `${path}.${process.pid}`;
  await writeFile(next, `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  await rename(next, path);
}
