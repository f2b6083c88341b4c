import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { claudeCodeArguments } from './agent/command.ts';
import { daemonSettings } from './config.ts';
import { swarmSettings } from './swarm/config.ts';

const read = (file: string) => readFileSync(path.join(import.meta.dirname, file), 'utf8');

/** The rows of the table of settings: the names in the first cell, and the default in the second. */
const rows = [...read('README.md').matchAll(/^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) \| (.*?) \| .+ \|$/gm)].map(([, names = '', preset = '']) => ({
  names: names.replaceAll('`', '').split(', '),
  preset,
}));

test('the page on the orchestrator shows the command line that Claude Code is started with', () => {
  expect(read('../docs/orchestrator.md')).toContain(`\nclaude ${claudeCodeArguments.join(' ')}\n`);
});

test('the README has a row for every setting, and for no other', () => {
  const settings = { ...daemonSettings.shape, ...swarmSettings.shape };
  expect(rows.flatMap(({ names }) => names).sort()).toEqual(Object.keys(settings).sort());
});

test('the README shows the defaults that the settings have', () => {
  const presets = { ...daemonSettings.parse({}), ...swarmSettings.parse({}) };
  for (const [name, preset] of Object.entries(presets)) {
    // Its default is a path of this machine.
    if (name === 'DISPATCHER_DATA_DIR') continue;
    const shown = Array.isArray(preset) ? preset.join(' ') : String(preset);
    expect(rows.find(({ names }) => names.includes(name))).toMatchObject({ preset: shown === '' ? 'none' : `\`${shown}\`` });
  }
});
