import { statfs } from 'node:fs/promises';

/** Says that the disk of a folder has too little free space; null when it has enough. */
export async function freeSpaceFault(folder: string, minimumFreeBytes: number): Promise<string | null> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize < minimumFreeBytes ? `${folder} has less than ${Math.round(minimumFreeBytes / 1024 / 1024)} MiB free` : null;
}
