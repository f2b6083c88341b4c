import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';
import { startLoadProcess } from '../load/load-process.ts';
import type { Traits } from '../measure/comparison.ts';
import { cpuOfProcess, loadGenerator } from '../measure/cpu.ts';
import { type StartContender, startLibrary } from './contender.ts';

const traits: Traits = {
  durable: 'every answer is committed; callers at the same time share a commit',
  lease: 'fenced by a token and the clock of the database',
  events: 'every change, in an audit trail and in a queue that a relay numbers',
  auth: 'none: the store alone',
};

/** The store of the hand-written service: statements only for this work, and one index. */
export const startHandWrittenStore: StartContender = startLibrary('hand-written store', 'hand-written', traits, ({ postgres }) =>
  postgres.createDatabase('hand_written'),
);

/** The hand-written service over REST. */
export const startHandWrittenService: StartContender = async ({ postgres }, resources) => {
  const databaseUrl = await postgres.createDatabase('hand_written');
  const child = fork(join(import.meta.dirname, '../reference/main.ts'), [databaseUrl], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  resources.defer(async () => {
    child.kill();
    await exited;
  });
  const ended = exited.then(([code]: unknown[]) => Promise.reject(new Error(`the hand-written service ended with ${code}`)));
  ended.catch(() => undefined);
  const answer = async (): Promise<unknown> => (await Promise.race([once(child, 'message'), ended]))[0];
  const { url, key } = z.object({ url: z.string(), key: z.string() }).parse(await answer());
  const load = resources.use(await startLoadProcess('rest', { at: url, key }));
  return {
    name: 'hand-written service, REST',
    traits: { ...traits, auth: 'an API key, by its digest, kept for 0.8 s; bodies by JSON schemas' },
    clocks: { server: cpuOfProcess(child.pid ?? 0), [loadGenerator]: load.cpu, PostgreSQL: postgres.cpu },
    async prepare(backlog) {
      const answered = answer();
      child.send(backlog);
      z.object({ ready: z.literal(true) }).parse(await answered);
    },
    run: load.run,
  };
};
