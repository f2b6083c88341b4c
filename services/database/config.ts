import { natsFields } from '@dispatcher/kit/bus/nats-settings.ts';
import { portField, processFields, tlsFields } from '@dispatcher/kit/settings/process-settings.ts';
import { readSettings } from '@dispatcher/kit/settings/settings.ts';
import { z } from 'zod';

/** The database. */
const databaseUrlField = z.url({ protocol: /^postgres(ql)?$/ }).describe('a URL of the form postgresql://user:password@host:5432/database');

const allowUnsafeServerField = z.stringbool().default(false).describe('true, for tests whose data may be lost, or false');

/** The settings of every service that runs as its own process. `port` is the default of GRPC_PORT. */
export const serviceFields = (port: number) => ({
  ...processFields,
  ...tlsFields,
  ...natsFields,
  GRPC_PORT: portField(port),
  DATABASE_URL: databaseUrlField,
  DISPATCHER_ALLOW_UNSAFE_SERVER: allowUnsafeServerField,
});

/** The only setting of `npm run migrate`. */
export const migrateSettings = z.object({ DATABASE_URL: databaseUrlField });

/** Reads the setting. Throws a `SettingsError`. */
export const readMigrateSettings = () => readSettings(migrateSettings, process.env);
