import { afterAll, beforeAll, expect, test } from 'vitest';
import { probes } from './probes.ts';
import { type Scene, startScene } from './scene.ts';
import { tableOf } from './table.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene({ measureMs: 1_000, quick: true });
});
afterAll(() => scene[Symbol.asyncDispose]());

const quick = Object.entries(probes).filter(([, { quick }]) => quick);

test.each(quick)('an organization is still served during the attack %s', async (name, { probe }) => {
  const rows = await probe(scene);
  console.log(tableOf(rows.map((row) => ({ name, row }))));
  // On a busy machine the times prove nothing.
  const broken = rows.flatMap(({ limits }) => limits.filter(({ held, timed = false }) => !held && !timed));
  expect(broken).toEqual([]);
});
