import { expect, test } from 'vitest';
import { z } from 'zod';
import { helpAskedFor, refuseUnknownOptions } from './usage.ts';

const usage = {
  command: 'npm start',
  about: 'Runs everything.',
  settings: z
    .object({
      PORT: z.coerce.number().default(3000),
      DISPATCHER_API_KEY: z.string(),
      DISPATCHER_DATA_DIR: z.string().optional(),
    })
    .refine(() => true),
};

test.each(['--help', '-h'])('%s shows what it does, and each setting with its default, in 80 columns', (arg) => {
  expect(helpAskedFor(usage, [arg])).toBe(`Runs everything.

  npm start

Settings come from the environment:

  PORT                 the port of REST, event streams, /healthz and /readyz
                       [3000]
  DISPATCHER_API_KEY   the admin key of the server; for the orchestrator, the
                       key that it calls with [required]
  DISPATCHER_DATA_DIR  the folder for keys and data
`);
});

test('without arguments there is nothing to show', () => {
  expect(helpAskedFor(usage, [])).toBeUndefined();
});

test.each([
  ['--port=4000', 'Unexpected: --port=4000. Settings come from the environment; for example: PORT=… npm start'],
  ['--data-dir', 'for example: DISPATCHER_DATA_DIR=… npm start'],
  ['--prot', 'for example: PORT=… npm start'],
  ['--hlep', 'There is no option --hlep. Did you mean --help?'],
  ['--verbose', 'Unexpected: --verbose. Settings come from the environment; --help lists the settings'],
  ['4000', 'Unexpected: 4000.'],
])('%s is refused with what is right', (arg, message) => {
  expect(() => helpAskedFor(usage, [arg])).toThrow(message);
});

const options = { org: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;

test.each([[[]], [['list', '--org', 'acme']], [['--org=acme', '-h']], [['--', '--anything']], [['-']]])('%j has no unknown option', (args) => {
  expect(() => refuseUnknownOptions(args, options)).not.toThrow();
});

test.each([
  [['list', '--ogr', 'acme'], 'There is no option --ogr. Did you mean --org?'],
  [['--all=acme'], 'There is no option --all. --help shows the options.'],
  [['-x'], 'There is no option -x.'],
])('%j has one, and the nearest is named', (args, message) => {
  expect(() => refuseUnknownOptions(args, options)).toThrow(message);
});
