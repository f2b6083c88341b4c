import { z } from 'zod';
import { unknownSettings } from './unknown-settings.ts';

/** Everything that is wrong with the settings, one line each. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  /** One sentence for each error: the setting, its value unless it may be secret, and what is allowed. */
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    const each = [...new Set(faults)];
    super(`The settings are not right:\n${each.map((fault) => `  ${fault}`).join('\n')}`);
    this.faults = each;
  }
}

/**
 * Reads the settings of `schema` from an environment. An empty value counts as unset. The description of a setting in
 * the schema says what is allowed, and is part of the error. Throws a `SettingsError` with all errors. A variable that
 * is surely meant as a setting but is none, such as `DISPATCHER_MAXATTEMPTS`, is an error too.
 */
export function readSettings<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  env: Readonly<Record<string, string | undefined>>,
): z.infer<typeof schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([name, value]) => name in schema.shape && value !== ''));
  const result = schema.safeParse(given);
  const unknown = unknownSettings(env, Object.keys(schema.shape));
  if (result.success && unknown.length === 0) return result.data;

  const faults = new Map<string, string>();
  for (const issue of result.error?.issues ?? []) {
    const name = String(issue.path[0]);
    if (!faults.has(name)) faults.set(name, faultText(name, given[name], allowed(schema, name, issue)));
  }
  throw new SettingsError([...faults.values(), ...unknown]);
}

/**
 * A rule over several settings, for `refine`. `message` is the error of the setting `path`. The rule is also checked
 * when another setting is wrong.
 */
export const rule = (path: string, message: string, holds: (settings: Readonly<Record<string, unknown>>) => boolean) =>
  [(settings: unknown) => typeof settings === 'object' && holds({ ...settings }), { path: [path], message, when: () => true }] satisfies [
    unknown,
    unknown,
  ];

/** What is allowed. A rule over several settings has its own message. A single setting has a description. */
function allowed(schema: z.ZodObject, name: string, issue: z.core.$ZodIssue): string {
  return (issue.code === 'custom' ? undefined : described(schema.shape[name])) ?? issue.message;
}

function described(setting: z.core.$ZodType | undefined): string | undefined {
  if (setting && 'description' in setting && typeof setting.description === 'string') return setting.description;
  return setting instanceof z.ZodOptional ? described(setting.unwrap()) : undefined;
}

function faultText(name: string, value: string | undefined, rule: string): string {
  if (value === undefined) return `${name} is not set: ${rule}`;
  return mayBeSecret.test(name) ? `${name} is not allowed: ${rule}` : `${name}=${JSON.stringify(value)} is not allowed: ${rule}`;
}

/** A URL may have a password. */
const mayBeSecret = /KEY|TOKEN|SECRET|PASSWORD|URL/;
