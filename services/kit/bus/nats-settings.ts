import { readFileSync } from 'node:fs';
import { type ConnectionOptions, credsAuthenticator } from 'nats';
import { z } from 'zod';
import { readSettingFile } from '../settings/path-settings.ts';
import { rule } from '../settings/settings.ts';

const file = (what: string) => z.string().optional().describe(`the path of ${what}`);

/** The settings of NATS. Renewed files are used at the next connection. */
export const natsFields = {
  NATS_URL: z
    .string()
    .regex(/^(nats|tls):\/\/[^\s,]+(,(nats|tls):\/\/[^\s,]+)*$/)
    .describe('a URL of the form nats://host:4222, or several with commas between them'),
  NATS_SUBJECT_PREFIX: z
    .string()
    .regex(/^[\w-]+(\.[\w-]+)*$/)
    .default('dispatcher')
    .describe('words of letters, digits, _ and - with dots between them'),
  NATS_CREDS: file('a credentials file'),
  NATS_TLS_CA: file('a PEM file with the authorities that the NATS servers are certified by'),
  NATS_TLS_CERT: file('a PEM file with the certificate that is shown to NATS'),
  NATS_TLS_KEY: file('a PEM file with the private key of NATS_TLS_CERT'),
};

/** The rule that combines these settings. */
export const natsRule = rule(
  'NATS_TLS_CERT',
  'NATS_TLS_CERT and NATS_TLS_KEY go together',
  ({ NATS_TLS_CERT, NATS_TLS_KEY }) => (NATS_TLS_CERT === undefined) === (NATS_TLS_KEY === undefined),
);

/** Where NATS is, and how to reach it. */
export interface NatsSettings {
  NATS_URL: string;
  /** The beginning of every subject, so that several installations can share a NATS. */
  NATS_SUBJECT_PREFIX: string;
  NATS_CREDS?: string | undefined;
  NATS_TLS_CA?: string | undefined;
  NATS_TLS_CERT?: string | undefined;
  NATS_TLS_KEY?: string | undefined;
}

/** The options of the NATS client. Rejects when a file cannot be read. */
export async function natsOptions(settings: NatsSettings): Promise<ConnectionOptions> {
  const { NATS_URL, NATS_CREDS: creds, NATS_TLS_CA: caFile, NATS_TLS_CERT: certFile, NATS_TLS_KEY: keyFile } = settings;
  const files = { NATS_CREDS: creds, NATS_TLS_CA: caFile, NATS_TLS_CERT: certFile, NATS_TLS_KEY: keyFile };
  await Promise.all(Object.entries(files).map(([setting, path]) => path !== undefined && readSettingFile(setting, path)));
  const urls = NATS_URL.split(',').map((text) => new URL(text));
  // The URL may have a user and a password, as for PostgreSQL. The client takes them as separate options.
  const { username, password } = urls[0] ?? { username: '', password: '' };
  const isTls = caFile !== undefined || certFile !== undefined || urls.some(({ protocol }) => protocol === 'tls:');
  return {
    servers: urls.map((url) => url.host),
    ...(username && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    ...(creds !== undefined && { authenticator: (nonce?: string) => credsAuthenticator(readFileSync(creds))(nonce) }),
    ...(isTls && {
      tls: { ...(caFile !== undefined && { caFile }), ...(certFile !== undefined && { certFile }), ...(keyFile !== undefined && { keyFile }) },
    }),
    name: 'dispatcher',
    timeout: 2000,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    pingInterval: 2000,
    maxPingOut: 2,
  };
}
