import { setTimeout as sleep } from 'node:timers/promises';
import { memoryOf } from './memory-of.ts';
import type { Figures, Limit, Row } from './probe.ts';
import type { Scene } from './scene.ts';
import { measureVictim } from './victim.ts';

/** A running attack. When it is stopped, it answers how often it was refused. */
export interface Attack {
  stop(): Promise<number>;
}

const memoryEveryMs = 100;

/** Measures the victim alone, then during the attack. The attack has begun when `begin` resolves. */
export async function besideVictim(scene: Scene, attack: string, begin: () => Promise<Attack>, limits: readonly Limit[] = []): Promise<Row> {
  const { url, pid, measureMs } = scene;
  using victim = await scene.createCaller('victim');
  const measure = () => measureVictim({ url, key: victim.key, measureMs });
  const alone = await measure();
  const before = await memoryOf(pid);
  const watching = new AbortController();
  const most = mostMemory(pid, watching.signal);
  const running = await begin();
  const beside = await measure();
  const refused = await running.stop();
  watching.abort();
  const memoryMiB = Math.max(0, (await most) - before);
  return { attack, alone, beside, refused, memoryMiB, limits: [noneRefused(beside.refused), atMostThrice(alone, beside), ...limits] };
}

const noneRefused = (refused: number): Limit => ({ what: 'no request of the victim is refused', held: refused === 0 });

const atMostThrice = (alone: Figures, beside: Figures): Limit => ({
  what: `the victim's p50 is at most 3 times the one alone`,
  held: beside.answered > 0 && beside.p50Ms <= 3 * alone.p50Ms,
  timed: true,
});

/** Adds the limit that the attack may cost at most this much memory. */
export function memoryWithin(row: Row, mostMiB: number): Row {
  return { ...row, limits: [...row.limits, { what: `at most ${mostMiB} MiB more memory`, held: row.memoryMiB <= mostMiB }] };
}

async function mostMemory(pid: number, signal: AbortSignal): Promise<number> {
  let most = 0;
  while (!signal.aborted) {
    most = Math.max(most, await memoryOf(pid));
    await sleep(memoryEveryMs, undefined, { signal }).catch(() => undefined);
  }
  return most;
}
