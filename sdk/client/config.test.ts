import { afterEach, expect, test, vi } from 'vitest';
import { settingsFromOptions } from './config.ts';
import { AuthenticationError, ValidationError } from './errors.ts';
import { Recursiv } from './recursiv.ts';

afterEach(() => vi.unstubAllEnvs());

test('an option that is not given comes from the environment, then from the default', () => {
  vi.stubEnv('RECURSIV_API_KEY', 'sk_live_env');
  vi.stubEnv('RECURSIV_ORGANIZATION_ID', 'acme');
  vi.stubEnv('RECURSIV_BASE_URL', '');
  expect(settingsFromOptions({})).toEqual({
    apiKey: 'sk_live_env',
    baseUrl: 'http://localhost:3000/api/v1',
    timeout: 30_000,
    maxRetries: 2,
    organizationId: 'acme',
  });
  vi.stubEnv('RECURSIV_BASE_URL', 'https://dispatcher.example/api/v1/');
  expect(settingsFromOptions({ apiKey: 'sk_live_given', organizationId: 'globex' })).toMatchObject({
    apiKey: 'sk_live_given',
    baseUrl: 'https://dispatcher.example/api/v1',
    organizationId: 'globex',
  });
});

test('a client without a key says so before its first call', () => {
  vi.stubEnv('RECURSIV_API_KEY', '');
  expect(() => new Recursiv()).toThrow(expect.objectContaining({ name: 'AuthenticationError', code: 'missing_api_key' }));
});

test('a key that does not fit in a header is refused without being shown', () => {
  const create = () => new Recursiv({ apiKey: 'sk_live_se\ncret' });
  expect(create).toThrow(AuthenticationError);
  expect(create).not.toThrow(/cret/);
});

test('a base URL or number that cannot work is refused', () => {
  for (const options of [{ baseUrl: 'localhost:3000' }, { baseUrl: '/api' }, { timeout: 0 }, { maxRetries: -1 }, { timeout: Number.NaN }]) {
    expect(() => settingsFromOptions({ apiKey: 'k', ...options }), JSON.stringify(options)).toThrow(ValidationError);
  }
  expect(() => settingsFromOptions({ apiKey: 'k', baseUrl: 'localhost:3000' })).toThrow(
    'The base URL "localhost:3000" is not an http or https URL such as http://localhost:3000/api/v1.',
  );
});

test('without a process, as in a browser, only the options count', () => {
  vi.stubGlobal('process', undefined);
  try {
    expect(settingsFromOptions({ apiKey: 'k' }).baseUrl).toBe('http://localhost:3000/api/v1');
  } finally {
    vi.unstubAllGlobals();
  }
});

test('printing a client does not print its key', async () => {
  const { inspect } = await import('node:util');
  const client = new Recursiv({ apiKey: 'sk_live_secret' });
  expect(inspect(client, { depth: 9, showHidden: true }) + JSON.stringify(client)).not.toContain('sk_live_secret');
});
