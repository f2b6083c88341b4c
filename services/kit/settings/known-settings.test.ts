import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { knownSettings } from './known-settings.ts';

const root = join(import.meta.dirname, '../../..');

/** The files that read settings: every `config.ts`, the parts that several share, and the seed of random tests. */
const readers = ['**/config.ts', 'services/kit/**/*-settings.ts', 'testing/orchestrator/killed-at-random.system.test.ts'];
/** The harness of the tests reads only variables of Node. */
const notReaders = /node_modules|known-settings\.ts|unknown-settings\.ts|^testing\/harness\//;

async function source(): Promise<string> {
  const paths = await Array.fromAsync(glob(readers, { cwd: root }));
  const texts = await Promise.all(paths.filter((path) => !notReaders.test(path)).map((path) => readFile(join(root, path), 'utf8')));
  return texts.join('\n');
}

test('the table has every setting that a program reads', async () => {
  const keys = [...(await source()).matchAll(/(?<=[\s{])([A-Z][A-Z_]+): (?!')/g)].map(([, name]) => name);
  const own = [...(await source()).matchAll(/'((DISPATCHER|ORCH|RECURSIV)_[A-Z_]+)'/g)].map(([, name]) => name);
  const missing = [...keys, ...own].filter((name) => name !== undefined && !(name in knownSettings));
  expect(missing).toEqual([]);
});

test('a program reads every setting of the table', async () => {
  const text = await source();
  expect(Object.keys(knownSettings).filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
});
