import { parseArgs } from 'node:util';
import type { Part } from './parts/part.ts';

/** What a person asked for. */
export interface Options {
  readonly parts: readonly Part[];
  readonly list: boolean;
  readonly quick: boolean;
  /** Where the results go; undefined: only to the terminal. */
  readonly out: string | undefined;
}

/**
 * Reads the arguments of `npm run bench --`. All parts at full length replace the results in the repository; anything
 * less is shown, unless `--out` names a folder.
 */
export function readOptions(args: readonly string[], all: readonly Part[], home: string): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { list: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false }, out: { type: 'string' } },
  });
  const unknown = positionals.filter((name) => !all.some((part) => part.name === name));
  if (unknown.length > 0) throw new Error(`There is no part ${unknown.join(', ')}. The parts are ${all.map(({ name }) => name).join(', ')}.`);
  const parts = positionals.length === 0 ? all : all.filter(({ name }) => positionals.includes(name));
  const isWhole = parts.length === all.length && !values.quick;
  return { parts, list: values.list, quick: values.quick, out: values.out ?? (isWhole ? home : undefined) };
}
