import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';
import { type CpuClock, cpuOfProcess } from '../measure/cpu.ts';
import type { Run } from '../measure/sample.ts';
import type { DriverTarget, Load } from './driver.ts';
import type { DriverName } from './drivers.ts';

/** A driver in its own process, so that its CPU time is counted separately and no other load disturbs it. */
export interface LoadProcess extends AsyncDisposable {
  readonly cpu: CpuClock;
  prepare(count: number): Promise<void>;
  run(load: Load): Promise<Run>;
}

/** Far longer than any request takes, even on a busy machine. */
const answerMs = 120_000;

/** Starts the process and connects its driver. */
export async function startLoadProcess(driver: DriverName, target: DriverTarget): Promise<LoadProcess> {
  const child = fork(join(import.meta.dirname, 'main.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  let asked = 0;
  child.on('message', (message) => {
    const { id, result, error } = answer.parse(message);
    const caller = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) caller?.resolve(result);
    else caller?.reject(new Error(error));
  });
  child.once('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`the ${driver} process ended with ${code}`));
  });
  const ask = (request: object): Promise<unknown> => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    asked += 1;
    waiting.set(asked, { resolve, reject });
    const late = setTimeout(() => reject(new Error(`the ${driver} process did not answer within ${answerMs / 1000} s`)), answerMs);
    child.send({ id: asked, ...request }, (error) => error && reject(error));
    return promise.finally(() => clearTimeout(late));
  };
  const dispose = async () => {
    if (child.connected) child.disconnect();
    child.kill();
    await exited;
  };
  try {
    await ask({ open: { driver, ...target } });
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    cpu: cpuOfProcess(child.pid ?? 0),
    prepare: async (count) => void (await ask({ prepare: count })),
    run: async (load) => run.parse(await ask({ run: load })),
    [Symbol.asyncDispose]: dispose,
  };
}

const answer = z.object({ id: z.number(), result: z.unknown().optional(), error: z.string().optional() });
const run = z.object({ count: z.number(), seconds: z.number(), p50Ms: z.number().nullable(), p99Ms: z.number().nullable() });
