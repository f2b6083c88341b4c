import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import type { Timings } from '@dispatcher/orchestrator/daemon/context.ts';
import type { Task } from '@recursiv/sdk';
import { expect } from 'vitest';
import { expectOrder } from './expect-order.ts';
import { type Site, useDaemon } from './use-daemon.ts';

/** The options of a test besides the script. */
export interface StoryOptions {
  readonly id?: string;
  readonly env?: Record<string, string>;
  readonly timings?: Partial<Timings>;
}

/**
 * Lets a daemon work on one task whose agent runs `script`, until the task is done or released. Fails if the user's
 * checkout has changed.
 */
export async function story(here: Site, script: string, { id = 'one', env = {}, timings = {} }: StoryOptions = {}): Promise<Task> {
  const before = contentOf(here.repository.repo);
  await here.task(id, script);
  await using running = await useDaemon(here, env, timings);
  const task = await here.until(id, ({ status, attempts }) => status === 'done' || (status === 'pending' && attempts > 0));
  await running.drain();
  expectOrder(here);
  expect(contentOf(here.repository.repo), 'the checkout of the user').toEqual(before);
  return task;
}

/** Every path below a folder, with a hash of its content. */
export function contentOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(entries.map((name) => [name, hashOf(path.join(folder, name))]));
}

function hashOf(file: string): string {
  const stat = lstatSync(file);
  if (stat.isDirectory()) return 'folder';
  if (stat.isSymbolicLink()) return `link to ${readlinkSync(file)}`;
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
