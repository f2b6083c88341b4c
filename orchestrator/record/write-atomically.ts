import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

let count = 0;

/**
 * Replaces a file's content. A reader finds the old content or the new one, also after a power cut. Several callers and
 * processes may write the same file at the same time; the last one wins.
 */
export async function writeAtomically(file: string, content: string): Promise<void> {
  const temporary = `${file}.${process.pid}-${++count}.new`;
  try {
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  const folder = await open(path.dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
