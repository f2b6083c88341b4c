import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

const schema = z.object({ base_url: z.string(), api_key: z.string() });

/** The URL of the API, and the key. */
export type Login = z.infer<typeof schema>;

/** Reads what `login` saved. Undefined before the first login. */
export async function readLogin(path: string): Promise<Login | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new Error(`${path} cannot be read. Log in again to replace it.`, { cause });
  }
}

/** Saves it so that only its owner can read it. The file is written as a whole or not at all. */
export async function saveLogin(path: string, login: Login): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const next = `${path}.${process.pid}`;
  await writeFile(next, `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  await rename(next, path);
}
