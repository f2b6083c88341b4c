import { z } from 'zod';
import { natsRule } from '../bus/nats-settings.ts';
import { rule } from './settings.ts';

/** The settings that every process of Dispatcher reads besides its own. */
export const processFields = {
  HOST: z.union([z.ipv4(), z.ipv6(), z.hostname()]).default('127.0.0.1').describe('an address or a host name'),
  DISPATCHER_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{8,500}$/)
    .describe('the admin key, the same for every process: 8 to 500 visible ASCII characters without spaces'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('fatal, error, warn, info, debug, trace or silent'),
  NODE_ENV: z.string().optional().describe('production, where it is in use'),
};

const adminKeyRule = rule(
  'DISPATCHER_API_KEY',
  'at least 32 characters where NODE_ENV=production; `openssl rand -hex 32` makes one',
  ({ NODE_ENV, DISPATCHER_API_KEY: key }) => NODE_ENV !== 'production' || typeof key !== 'string' || key.length >= 32,
);

const file = (what: string) => z.string().optional().describe(`the path of a PEM file with ${what}`);

/** The settings of TLS. Renewed files are used without a restart. */
export const tlsFields = {
  TLS_CERT: file('the certificate of this process and its chain'),
  TLS_KEY: file('the private key of TLS_CERT'),
  TLS_CA: file('the authorities that the processes of Dispatcher are certified by'),
};

const safeServerRule = rule(
  'DISPATCHER_ALLOW_UNSAFE_SERVER',
  'not where NODE_ENV=production',
  ({ NODE_ENV, DISPATCHER_ALLOW_UNSAFE_SERVER }) => NODE_ENV !== 'production' || DISPATCHER_ALLOW_UNSAFE_SERVER !== true,
);

const tlsRule = rule(
  'TLS_CERT',
  'TLS_CERT and TLS_KEY go together, and TLS_CA needs both',
  ({ TLS_CERT, TLS_KEY, TLS_CA }) => (TLS_CERT === undefined) === (TLS_KEY === undefined) && (TLS_CA === undefined || TLS_CERT !== undefined),
);

/** The settings of a process, with the rules of every process. */
export const processSettings = <Shape extends z.ZodRawShape>(fields: Shape) =>
  z
    .object(fields)
    .refine(...adminKeyRule)
    .refine(...safeServerRule)
    .refine(...tlsRule)
    .refine(...natsRule);

/** A port with the default `preset`. 0 takes any free port. */
export const portField = (preset: number) => z.coerce.number().int().min(0).max(65_535).default(preset).describe('a whole number from 0 to 65535');

/** The addresses of the processes of one service. */
export const addressesField = (preset: number) =>
  z
    .string()
    .regex(/^[^\s,:/]+:\d{1,5}(,[^\s,:/]+:\d{1,5})*$/)
    .default(`127.0.0.1:${preset}`)
    .describe('addresses of the form host:port with commas between them');

/** The default port of each service. */
export const servicePorts = { task: 50_061, claim: 50_062, stats: 50_063, key: 50_064 } as const;
