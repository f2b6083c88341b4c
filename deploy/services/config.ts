import { SettingsError } from '@dispatcher/kit/settings/settings.ts';
import { type LocalSettings, readLocalSettings } from '@dispatcher/local/config.ts';

/** The settings of `npm run start:services`. */
export interface ServicesSettings {
  /** The settings of `npm start`. `GRPC_PORT` is not used, because each service has its own port. */
  readonly local: LocalSettings;
  /** The environment of the processes: all of this one, because each process reads its own settings from it. */
  readonly env: NodeJS.ProcessEnv;
  /** The path to look for programs. */
  readonly path: string;
}

/** Reads and checks the settings. Throws a `SettingsError` with everything that is wrong. */
export function readServicesSettings(): ServicesSettings {
  const local = readLocalSettings();
  if (local.tls.TLS_CERT !== undefined) throw new SettingsError([noTls]);
  return { local, env: { ...process.env }, path: process.env.PATH ?? '' };
}

const noTls =
  'TLS_CERT is not allowed: `npm run start:services` is for development and its processes speak plain text; `npm start` and each process alone take it';
