import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file that only its owner can read. After a crash at any moment, the file has either the old or the new
 * content, never half of it.
 */
export async function writeFileSafely(path: string, content: string): Promise<void> {
  const unfinished = `${path}.new`;
  await using file = await open(unfinished, 'w', 0o600);
  await file.chmod(0o600);
  await file.writeFile(content);
  await file.sync();
  await rename(unfinished, path);
  // The new name survives a crash only after its folder is on disk too.
  await using folder = await open(dirname(path), 'r');
  await folder.sync();
}
