import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

const schema = z.object({ task: z.object({ id: z.string(), organization_id: z.string() }) });

/** Names a task over all organizations. */
export function taskKey(task: { readonly id: string; readonly organization_id: string }): string {
  return `${task.organization_id}/${task.id}`;
}

/** The tasks of all runs that are on disk, of whichever daemon and repository: each has somebody who ends its claim. */
export async function tasksOnDisk(stateDir: string): Promise<ReadonlySet<string>> {
  const repositories = path.join(stateDir, 'repositories');
  const keys = new Set<string>();
  for (const repository of await readdir(repositories).catch(() => [])) {
    const runs = path.join(repositories, repository, 'runs');
    for (const run of await readdir(runs).catch(() => [])) {
      // A run that ends at this moment, or that cannot be read, says nothing.
      const text = await readFile(path.join(runs, run, 'state.json'), 'utf8').catch(() => '{}');
      const record = schema.safeParse(parsed(text));
      if (record.success) keys.add(taskKey(record.data.task));
    }
  }
  return keys;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
