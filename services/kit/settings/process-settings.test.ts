import { expect, test } from 'vitest';
import { natsFields } from '../bus/nats-settings.ts';
import { processFields, processSettings, tlsFields } from './process-settings.ts';
import { readSettings } from './settings.ts';

const read = (env: Record<string, string>) => () =>
  readSettings(processSettings({ ...processFields, ...tlsFields, ...natsFields }), {
    DISPATCHER_API_KEY: 'k'.repeat(32),
    NATS_URL: 'nats://one:4222',
    ...env,
  });

test.each([
  [{}],
  [{ DISPATCHER_API_KEY: 'short-but-over-8' }],
  [{ NODE_ENV: 'production' }],
  [{ TLS_CERT: 'a.pem', TLS_KEY: 'a.key', TLS_CA: 'ca.pem' }],
  [{ NATS_URL: 'tls://one:4222,tls://two:4222', NATS_TLS_CA: 'ca.pem', NATS_CREDS: 'a.creds', NATS_SUBJECT_PREFIX: 'one.dispatcher-2' }],
])('%o is accepted', (env) => {
  expect(read(env)).not.toThrow();
});

test.each([
  [{ DISPATCHER_API_KEY: 'short-but-over-8', NODE_ENV: 'production' }, 'at least 32 characters where NODE_ENV=production'],
  [{ TLS_CERT: 'a.pem' }, 'TLS_CERT and TLS_KEY go together'],
  [{ TLS_CA: 'ca.pem' }, 'TLS_CA needs both'],
  [{ NATS_TLS_KEY: 'a.key' }, 'NATS_TLS_CERT and NATS_TLS_KEY go together'],
  [{ NATS_SUBJECT_PREFIX: 'a.>' }, 'NATS_SUBJECT_PREFIX="a.>" is not allowed: words of letters'],
  [{ NATS_SUBJECT_PREFIX: 'a..b' }, 'NATS_SUBJECT_PREFIX="a..b" is not allowed'],
])('%o is refused', (env, message) => {
  expect(read(env)).toThrow(message);
});

test('all errors in the settings of a process are reported together', () => {
  const faulty = read({
    DISPATCHER_API_KEY: 'short-but-over-8',
    NODE_ENV: 'production',
    TLS_CERT: 'a.pem',
    NATS_TLS_CERT: 'b.pem',
    HOST: 'not a host',
  });
  for (const name of ['DISPATCHER_API_KEY', 'TLS_CERT', 'NATS_TLS_CERT', 'HOST']) expect(faulty).toThrow(name);
});
