import type { ParseArgsConfig } from 'node:util';
import { z } from 'zod';
import { knownSettings } from './known-settings.ts';
import { nearestName } from './nearest-name.ts';

/** The parts of a program's help text. */
export interface Usage {
  /** The command that starts it: `npm run start:claim`. */
  readonly command: string;
  /** What it does, in a sentence or two. */
  readonly about: string;
  /** The settings that it reads from the environment. */
  readonly settings: z.ZodObject;
}

/** A wrong command line. The exit code of the program is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * The help text of a program that has settings and no options, when `args` ask for it. Undefined when there are no
 * arguments. Throws a `UsageError` for any other argument, because a mistake must not start a server.
 */
export function helpAskedFor(usage: Usage, args: readonly string[]): string | undefined {
  if (args.some((arg) => arg === '--help' || arg === '-h')) return helpText(usage);
  const [first] = args;
  if (first === undefined) return undefined;
  const setting = settingMeantBy(first, usage);
  if (setting === '--help') throw new UsageError(`There is no option ${first}. Did you mean --help?`);
  const advice = setting === undefined ? '--help lists the settings' : `for example: ${setting}=… ${usage.command}`;
  throw new UsageError(`Unexpected: ${first}. Settings come from the environment; ${advice}`);
}

/** The setting that was meant: PORT for `--port=4000`, DISPATCHER_DATA_DIR for `--data-dir`. */
function settingMeantBy(arg: string, { settings }: Usage): string | undefined {
  const [name = ''] = arg.replace(/^-+/, '').split('=');
  if (nearestName(`--${name}`, ['--help'])) return '--help';
  const wanted = name.toUpperCase().replaceAll('-', '_');
  const names = Object.keys(settings.shape);
  return names.find((each) => each === `DISPATCHER_${wanted}`) ?? nearestName(wanted, names);
}

/** The help text: what the program does, how to start it, and its settings. */
function helpText({ command, about, settings }: Usage): string {
  return `${about
    .split('\n')
    .map((line) => wrapped(line))
    .join('\n')}\n\n  ${command}\n\nSettings come from the environment:\n\n${settingsText(settings)}\n`;
}

/** An entry for each setting: its name, its meaning, and its default in brackets. */
export function settingsText(settings: z.ZodObject): string {
  const fields = Object.entries(settings.shape);
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields
    .map(([name, field]) => `  ${name.padEnd(width)}  ${wrapped(`${knownSettings[name] ?? ''}${presetText(field)}`, width + 4)}`)
    .join('\n');
}

/** The width of a terminal that people can be expected to have. */
const columns = 80;

/** Breaks a text between words, so that it fits in a terminal. All lines but the first begin after `indent` spaces. */
function wrapped(text: string, indent = 0): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || indent + line.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}

function presetText(field: z.core.$ZodType): string {
  const unset = z.safeParse(field, undefined);
  if (!unset.success) return ' [required]';
  const preset = Array.isArray(unset.data) ? unset.data.join(' ') : unset.data;
  return preset === undefined || preset === '' ? '' : ` [${preset}]`;
}

/**
 * Throws a `UsageError` for the first option in `args` that is not in `options` (in the form of `parseArgs`). The error
 * suggests the most similar option.
 */
export function refuseUnknownOptions(args: readonly string[], options: NonNullable<ParseArgsConfig['options']>): void {
  const known = Object.entries(options).flatMap(([name, { short }]) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]);
  const end = args.indexOf('--');
  const given = (end < 0 ? args : args.slice(0, end)).filter((arg) => arg.startsWith('-') && arg !== '-');
  const unknown = given.map((arg) => arg.split('=')[0] ?? '').find((arg) => !known.includes(arg));
  if (unknown === undefined) return;
  const near = nearestName(unknown, known);
  throw new UsageError(`There is no option ${unknown}. ${near === undefined ? '--help shows the options.' : `Did you mean ${near}?`}`);
}
