import { expect, test } from 'vitest';
import { defaultDataDir, readLocalSettings } from './config.ts';

const longKey = 'a'.repeat(32);

test('without any setting it listens only on this machine and keeps its data in the repository', () => {
  expect(readLocalSettings({})).toEqual({
    host: '127.0.0.1',
    port: 3000,
    grpcPort: 50_051,
    adminKey: undefined,
    dataDir: defaultDataDir,
    databaseUrl: undefined,
    nats: undefined,
    tls: {},
    logLevel: 'info',
    halfLifeDays: 14,
    maxAttempts: 5,
    retentionDays: 90,
  });
});

test.each([
  [{ HOST: '0.0.0.0', DISPATCHER_API_KEY: longKey }],
  [{ HOST: '::', DISPATCHER_API_KEY: longKey, NODE_ENV: 'production' }],
  [{ HOST: 'localhost' }],
  [{ HOST: '127.0.0.2', PORT: '0', GRPC_PORT: '0' }],
  [{ DATABASE_URL: 'postgres://me:secret@db.example.com:5432/tasks?sslmode=require' }],
  [{ DATABASE_URL: 'postgresql://dispatcher@localhost/dispatcher?host=%2Fvar%2Frun%2Fpostgresql' }],
  [{ NATS_URL: 'nats://one:4222,nats://two:4222' }],
  [{ DISPATCHER_SCORE_HALF_LIFE_DAYS: '0.5', LOG_LEVEL: 'silent' }],
])('%o is accepted', (env) => {
  expect(() => readLocalSettings(env)).not.toThrow();
});

test.each([
  [{ HOST: '0.0.0.0' }, 'HOST="0.0.0.0" is not allowed: others can reach it'],
  [{ HOST: '192.168.1.5' }, 'DISPATCHER_API_KEY'],
  [{ HOST: 'not a host' }, 'HOST="not a host" is not allowed: an address or a host name'],
  [{ PORT: '3000.5' }, 'PORT="3000.5" is not allowed: a whole number from 0 to 65535'],
  [{ PORT: '4000', GRPC_PORT: '4000' }, 'GRPC_PORT="4000" is not allowed: REST and gRPC need a port each'],
  [{ DISPATCHER_API_KEY: 'seven77' }, 'DISPATCHER_API_KEY is not allowed: the admin key, the same for every process: 8 to 500 visible'],
  [{ DISPATCHER_API_KEY: 'with a space' }, 'DISPATCHER_API_KEY is not allowed'],
  [{ DISPATCHER_API_KEY: 'short-but-over-8', NODE_ENV: 'production' }, 'at least 32 characters where NODE_ENV=production'],
  [{ DATABASE_URL: 'mysql://root:secret@db/tasks' }, 'DATABASE_URL is not allowed: a URL of the form postgresql://'],
  [{ NATS_URL: 'http://nats' }, 'NATS_URL is not allowed'],
  [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL="loud" is not allowed: fatal, error'],
  [{ DISPATCHER_SCORE_HALF_LIFE_DAYS: '0' }, 'DISPATCHER_SCORE_HALF_LIFE_DAYS="0" is not allowed'],
  [{ DISPATCHER_SCORE_HALF_LIFE_DAYS: '1e-300' }, 'DISPATCHER_SCORE_HALF_LIFE_DAYS="1e-300" is not allowed'],
  [{ DISPATCHER_MAX_ATTEMPTS: 'many' }, 'DISPATCHER_MAX_ATTEMPTS="many" is not allowed'],
  [{ DISPATCHER_RETENTION_DAYS: '-1' }, 'DISPATCHER_RETENTION_DAYS="-1" is not allowed'],
])('%o is refused with what is allowed', (env, message) => {
  expect(() => readLocalSettings(env)).toThrow(message);
});

test('one error lists all faults, also those between two settings, and shows no secret', () => {
  const env = { HOST: '0.0.0.0', PORT: 'x', DATABASE_URL: 'mysql://root:hunter22@db/tasks', LOG_LEVEL: 'loud' };
  const read = () => readLocalSettings(env);
  expect(read).toThrow('HOST="0.0.0.0" is not allowed');
  expect(read).toThrow('PORT="x" is not allowed');
  expect(read).toThrow('DATABASE_URL is not allowed');
  expect(read).toThrow('LOG_LEVEL');
  expect(read).not.toThrow('hunter22');
});
