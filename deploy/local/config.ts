import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { type NatsSettings, natsFields } from '@dispatcher/kit/bus/nats-settings.ts';
import type { TlsSettings } from '@dispatcher/kit/listening/tls.ts';
import { portField, processFields, processSettings, tlsFields } from '@dispatcher/kit/settings/process-settings.ts';
import { readSettings, rule } from '@dispatcher/kit/settings/settings.ts';
import { z } from 'zod';

/** The settings of `npm start`. */
export interface LocalSettings {
  readonly host: string;
  /** REST and SSE; 0 takes any free port. */
  readonly port: number;
  /** gRPC and Connect; 0 takes any free port. */
  readonly grpcPort: number;
  /** Undefined: the admin key in the data folder. */
  readonly adminKey: string | undefined;
  readonly dataDir: string;
  /** Undefined: the embedded PostgreSQL. */
  readonly databaseUrl: string | undefined;
  /** Undefined: events stay within the process. */
  readonly nats: NatsSettings | undefined;
  /** Without files, REST and gRPC are served in plain text. */
  readonly tls: TlsSettings;
  readonly logLevel: string;
  readonly halfLifeDays: number;
  readonly maxAttempts: number;
  readonly retentionDays: number;
}

/** Reads and checks the settings. Throws a `SettingsError` with everything that is wrong. */
export function readLocalSettings(env: Readonly<Record<string, string | undefined>> = process.env): LocalSettings {
  const settings = readSettings(localSettings, env);
  const { TLS_CERT, TLS_KEY, TLS_CA } = settings;
  return {
    host: settings.HOST,
    port: settings.PORT,
    grpcPort: settings.GRPC_PORT,
    adminKey: settings.DISPATCHER_API_KEY,
    dataDir: resolve(settings.DISPATCHER_DATA_DIR),
    databaseUrl: settings.DATABASE_URL,
    nats: settings.NATS_URL === undefined ? undefined : { ...settings, NATS_URL: settings.NATS_URL },
    tls: { TLS_CERT, TLS_KEY, TLS_CA },
    logLevel: settings.LOG_LEVEL,
    halfLifeDays: settings.DISPATCHER_SCORE_HALF_LIFE_DAYS,
    maxAttempts: settings.DISPATCHER_MAX_ATTEMPTS,
    retentionDays: settings.DISPATCHER_RETENTION_DAYS,
  };
}

/** `.dispatcher` in the repository, whatever folder the start runs in. */
export const defaultDataDir = join(import.meta.dirname, '../../.dispatcher');

/** Where keys and data are kept. */
export const dataDirField = z.string().default(defaultDataDir).describe('a folder');

/** Unset: the admin key in the data folder. */
export const adminKeyField = processFields.DISPATCHER_API_KEY.optional();

/** Unset: the embedded PostgreSQL in the data folder. */
export const databaseUrlField = z
  .url({ protocol: /^postgres(ql)?$/ })
  .optional()
  .describe('a URL of the form postgresql://user:password@host:5432/database');

const wholeNumber = (preset: number) => z.coerce.number().int().min(1).max(100_000).default(preset).describe('a whole number from 1 to 100000');

const fields = {
  HOST: processFields.HOST,
  PORT: portField(3000),
  GRPC_PORT: portField(50_051),
  DISPATCHER_API_KEY: adminKeyField,
  DISPATCHER_DATA_DIR: dataDirField,
  DATABASE_URL: databaseUrlField,
  DISPATCHER_SCORE_HALF_LIFE_DAYS: z.coerce.number().min(0.01).max(100_000).default(14).describe('a number of days from 0.01 to 100000'),
  DISPATCHER_MAX_ATTEMPTS: wholeNumber(5),
  DISPATCHER_RETENTION_DAYS: wholeNumber(90),
  LOG_LEVEL: processFields.LOG_LEVEL,
  NODE_ENV: processFields.NODE_ENV,
  ...tlsFields,
  ...natsFields,
  NATS_URL: natsFields.NATS_URL.optional(),
};

/** The error for a HOST that others can reach when no admin key is set. */
export const reachableHost = 'others can reach it, so set DISPATCHER_API_KEY to an admin key of your own (`openssl rand -hex 32` makes one)';

/** The settings of `npm start`, with their defaults and limits. */
export const localSettings = processSettings(fields)
  .refine(
    ...rule(
      'HOST',
      reachableHost,
      // The address behind a name is known only when it listens.
      ({ HOST: host, DISPATCHER_API_KEY: key }) => typeof host !== 'string' || !isIP(host) || isLoopback(host) || key !== undefined,
    ),
  )
  .refine(...rule('GRPC_PORT', 'REST and gRPC need a port each', ({ PORT, GRPC_PORT }) => !PORT || PORT !== GRPC_PORT));

/** Whether only programs on this machine can reach an address. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
