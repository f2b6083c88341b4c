import { expect, it } from 'vitest';
import { readOptions } from './options.ts';

const parts = ['claim', 'rest'].map((name) => ({ name, about: name, run: async () => [] }));
const read = (...args: string[]) => {
  const { parts: chosen, ...rest } = readOptions(args, parts, 'home');
  return { ...rest, parts: chosen.map(({ name }) => name) };
};

it('runs all parts and writes the results of the repository by default', () => {
  expect(read()).toEqual({ parts: ['claim', 'rest'], help: false, list: false, quick: false, out: 'home' });
});

it('only shows the figures of some parts, and of a quick run', () => {
  expect(read('rest')).toMatchObject({ parts: ['rest'], out: undefined });
  expect(read('--quick')).toMatchObject({ quick: true, out: undefined });
});

it('writes into the folder of --out', () => {
  expect(read('--quick', '--out', 'folder', 'claim')).toMatchObject({ parts: ['claim'], out: 'folder' });
});

it('refuses a part that does not exist, and lists those that do', () => {
  expect(() => read('clam')).toThrow('There is no part clam. The parts are claim, rest.');
});
