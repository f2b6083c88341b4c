import { join, resolve } from 'node:path';
import { readSettings } from '@dispatcher/kit/settings.ts';
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
  readonly natsUrl: string | undefined;
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
    natsUrl: settings.NATS_URL,
    logLevel: settings.LOG_LEVEL,
    halfLifeDays: settings.DISPATCHER_SCORE_HALF_LIFE_DAYS,
    maxAttempts: settings.DISPATCHER_MAX_ATTEMPTS,
    retentionDays: settings.DISPATCHER_RETENTION_DAYS,
  };
}

/** `.dispatcher` in the repository, from wherever it is started. */
export const defaultDataDir = join(import.meta.dirname, '../../.dispatcher');

const port = (preset: number) => z.coerce.number().int().min(0).max(65_535).default(preset).describe('a whole number from 0 to 65535');

const wholeNumber = (preset: number) => z.coerce.number().int().min(1).max(100_000).default(preset).describe('a whole number from 1 to 100000');

const fields = z.object({
  HOST: z.union([z.ipv4(), z.ipv6(), z.hostname()]).default('127.0.0.1').describe('an address or a host name'),
  PORT: port(3000),
  GRPC_PORT: port(50_051),
  DISPATCHER_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{8,500}$/)
    .optional()
    .describe('8 to 500 visible ASCII characters without spaces'),
  DISPATCHER_DATA_DIR: z.string().default(defaultDataDir).describe('a folder'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe('a URL of the form postgresql://user:password@host:5432/database'),
  NATS_URL: z
    .string()
    .regex(/^(nats|tls):\/\/[^\s,]+(,(nats|tls):\/\/[^\s,]+)*$/)
    .optional()
    .describe('a URL of the form nats://host:4222, or several with commas between them'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('fatal, error, warn, info, debug, trace or silent'),
  DISPATCHER_SCORE_HALF_LIFE_DAYS: z.coerce.number().positive().max(100_000).default(14).describe('a number of days over 0, up to 100000'),
  DISPATCHER_MAX_ATTEMPTS: wholeNumber(5),
  DISPATCHER_RETENTION_DAYS: wholeNumber(90),
  NODE_ENV: z.string().optional(),
});

type Fields = Partial<z.infer<typeof fields>>;

/** Rules over several settings look at what is there, also when another setting is at fault. */
const always = { when: () => true };

const schema = fields
  .refine(({ HOST, DISPATCHER_API_KEY }: Fields) => HOST === undefined || isLoopback(HOST) || DISPATCHER_API_KEY !== undefined, {
    path: ['HOST'],
    message: 'others can reach it, so set DISPATCHER_API_KEY to an admin key of your own',
    ...always,
  })
  .refine(({ NODE_ENV, DISPATCHER_API_KEY }: Fields) => NODE_ENV !== 'production' || (DISPATCHER_API_KEY?.length ?? 32) >= 32, {
    path: ['DISPATCHER_API_KEY'],
    message: 'at least 32 characters where NODE_ENV=production; `openssl rand -hex 32` makes one',
    ...always,
  })
  .refine(({ PORT, GRPC_PORT }: Fields) => !PORT || PORT !== GRPC_PORT, {
    path: ['GRPC_PORT'],
    message: 'REST and gRPC need a port each',
    ...always,
  });

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

const keysFields = fields.pick({ DISPATCHER_API_KEY: true, DISPATCHER_DATA_DIR: true }).extend({
  DISPATCHER_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('a URL of the form http://localhost:3000/api/v1/dispatcher'),
});
