import { parseArgs } from 'node:util';
import type { Part } from './parts/part.ts';

/** The arguments of `npm run bench`. */
export interface Options {
  readonly parts: readonly Part[];
  readonly help: boolean;
  readonly list: boolean;
  readonly quick: boolean;
  /** The folder for the results. Undefined: the results are only shown. */
  readonly out: string | undefined;
}

/** The help text of `npm run bench`. */
export const help = `Compares Dispatcher with other task queues, side by side on one PostgreSQL.

  npm run bench -- [PART ...] [--quick] [--out FOLDER]

  --list         lists the parts
  --quick        runs everything small and short, to see that it works
  --out FOLDER   writes the results into this folder

All parts at full length replace the results in bench/. Anything less is only
shown, unless --out names a folder.`;

/**
 * Reads the arguments of `npm run bench --`. All parts at full length replace the results in the repository. Anything
 * less is only shown, unless `--out` names a folder.
 */
export function readOptions(args: readonly string[], all: readonly Part[], home: string): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      out: { type: 'string' },
    },
  });
  const unknown = positionals.filter((name) => !all.some((part) => part.name === name));
  if (unknown.length > 0) throw new Error(`There is no part ${unknown.join(', ')}. The parts are ${all.map(({ name }) => name).join(', ')}.`);
  const parts = positionals.length === 0 ? all : all.filter(({ name }) => positionals.includes(name));
  const isWhole = parts.length === all.length && !values.quick;
  return { parts, help: values.help, list: values.list, quick: values.quick, out: values.out ?? (isWhole ? home : undefined) };
}
