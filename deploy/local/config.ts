import { join, resolve } from 'node:path';
import { type NatsSettings, natsFields } from '@dispatcher/kit/bus/nats-settings.ts';
import { portField, processFields, processSettings } from '@dispatcher/kit/settings/process-settings.ts';
import { readSettings, rule } from '@dispatcher/kit/settings/settings.ts';
import { z } from 'zod';

/** The settings of `npm start`. */
export interface LocalSettings {
  readonly host: string;
  /** REST and SSE; 0 takes any free port. */
  readonly port: number;
  /** gRPC and Connect; 0 takes any free port. */
  readonly grpcPort: number;
  /** Undefined: the one kept in the data folder. */
  readonly adminKey: string | undefined;
  readonly dataDir: string;
  /** Undefined: the embedded PostgreSQL. */
  readonly databaseUrl: string | undefined;
  /** Undefined: events stay within the process. */
  readonly nats: NatsSettings | undefined;
  readonly logLevel: string;
  readonly halfLifeDays: number;
  readonly maxAttempts: number;
  readonly retentionDays: number;
}

/** Reads and checks the settings. Throws a `SettingsError` with everything that is wrong. */
export function readLocalSettings(env: Readonly<Record<string, string | undefined>> = process.env): LocalSettings {
  const settings = readSettings(schema, env);
  return {
    host: settings.HOST,
    port: settings.PORT,
    grpcPort: settings.GRPC_PORT,
    adminKey: settings.DISPATCHER_API_KEY,
    dataDir: resolve(settings.DISPATCHER_DATA_DIR),
    databaseUrl: settings.DATABASE_URL,
    nats: settings.NATS_URL === undefined ? undefined : { ...settings, NATS_URL: settings.NATS_URL },
    logLevel: settings.LOG_LEVEL,
    halfLifeDays: settings.DISPATCHER_SCORE_HALF_LIFE_DAYS,
    maxAttempts: settings.DISPATCHER_MAX_ATTEMPTS,
    retentionDays: settings.DISPATCHER_RETENTION_DAYS,
  };
}

/** `.dispatcher` in the repository, from wherever it is started. */
export const defaultDataDir = join(import.meta.dirname, '../../.dispatcher');

const wholeNumber = (preset: number) => z.coerce.number().int().min(1).max(100_000).default(preset).describe('a whole number from 1 to 100000');

const fields = {
  ...processFields,
  ...natsFields,
  PORT: portField(3000),
  GRPC_PORT: portField(50_051),
  DISPATCHER_API_KEY: processFields.DISPATCHER_API_KEY.optional(),
  DISPATCHER_DATA_DIR: z.string().default(defaultDataDir).describe('a folder'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe('a URL of the form postgresql://user:password@host:5432/database'),
  NATS_URL: natsFields.NATS_URL.optional(),
  DISPATCHER_SCORE_HALF_LIFE_DAYS: z.coerce.number().min(0.01).max(100_000).default(14).describe('a number of days from 0.01 to 100000'),
  DISPATCHER_MAX_ATTEMPTS: wholeNumber(5),
  DISPATCHER_RETENTION_DAYS: wholeNumber(90),
};

const schema = processSettings(fields)
  .refine(
    ...rule(
      'HOST',
      'others can reach it, so set DISPATCHER_API_KEY to an admin key of your own',
      ({ HOST: host, DISPATCHER_API_KEY: key }) => typeof host !== 'string' || isLoopback(host) || key !== undefined,
    ),
  )
  .refine(...rule('GRPC_PORT', 'REST and gRPC need a port each', ({ PORT, GRPC_PORT }) => !PORT || PORT !== GRPC_PORT));

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** The settings of `pnpm keys`. */
export interface KeysSettings {
  /** Undefined: the address that the last start saved. */
  readonly dispatcherUrl: string | undefined;
  /** Undefined: the admin key that the last start saved. */
  readonly adminKey: string | undefined;
  readonly dataDir: string;
}

/** Reads and checks the settings of `pnpm keys`. Throws a `SettingsError`. */
export function readKeysSettings(env: Readonly<Record<string, string | undefined>> = process.env): KeysSettings {
  const settings = readSettings(keysFields, env);
  return { dispatcherUrl: settings.DISPATCHER_URL, adminKey: settings.DISPATCHER_API_KEY, dataDir: resolve(settings.DISPATCHER_DATA_DIR) };
}

const keysFields = z.object({
  DISPATCHER_API_KEY: fields.DISPATCHER_API_KEY,
  DISPATCHER_DATA_DIR: fields.DISPATCHER_DATA_DIR,
  DISPATCHER_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('a URL of the form http://localhost:3000/api/v1/dispatcher'),
});
