import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/** How long the logs of a task are kept after their last change. */
const keptMs = 30 * 86_400_000;

/** Deletes the log folders of tasks that nobody has worked on for a month. */
export async function pruneLogs(logsDir: string): Promise<void> {
  for (const entry of await readdir(logsDir, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const folder = path.join(logsDir, entry.name);
    const files = await readdir(folder);
    const times = await Promise.all([folder, ...files.map((file) => path.join(folder, file))].map(async (one) => (await stat(one)).mtimeMs));
    if (Date.now() - Math.max(...times) > keptMs) await rm(folder, { recursive: true, force: true });
  }
}
