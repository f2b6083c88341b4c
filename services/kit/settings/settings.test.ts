import { expect, test } from 'vitest';
import { z } from 'zod';
import { readSettings, SettingsError } from './settings.ts';

const schema = z.object({
  PORT: z.coerce.number().int().max(65_535).default(3000).describe('a port from 0 to 65535'),
  LEVEL: z.enum(['low', 'high']).default('low').describe('low or high'),
  API_KEY: z.string().min(8).describe('at least 8 characters'),
});

function faultsOf(env: Record<string, string | undefined>): readonly string[] {
  try {
    readSettings(schema, env);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  return [];
}

test('unset and empty settings take their defaults, and the variables of other programs are ignored', () => {
  expect(readSettings(schema, { PORT: '', API_KEY: 'long enough', HOME: '/root' })).toEqual({ PORT: 3000, LEVEL: 'low', API_KEY: 'long enough' });
});

test('all faults are reported together, one for each setting, with what is allowed', () => {
  expect(faultsOf({ PORT: '70000.5', LEVEL: 'loud', API_KEY: undefined })).toEqual([
    'PORT="70000.5" is not allowed: a port from 0 to 65535',
    'LEVEL="loud" is not allowed: low or high',
    'API_KEY is not set: at least 8 characters',
  ]);
});

test('the value of a secret is never shown', () => {
  expect(faultsOf({ API_KEY: 'short' })).toEqual(['API_KEY is not allowed: at least 8 characters']);
});

test('a rule over several settings has its own message', () => {
  const both = schema.refine(({ PORT, LEVEL }) => PORT > 0 || LEVEL === 'high', {
    path: ['PORT'],
    message: 'port 0 needs LEVEL=high',
    when: () => true,
  });
  expect(() => readSettings(both, { PORT: '0', API_KEY: 'long enough' })).toThrow('PORT="0" is not allowed: port 0 needs LEVEL=high');
});
