import { natsFields } from '@dispatcher/kit/bus/nats-settings.ts';
import { portField, processFields, tlsFields } from '@dispatcher/kit/settings/process-settings.ts';
import { readSettings } from '@dispatcher/kit/settings/settings.ts';
import { z } from 'zod';

/** Where the data is. */
const databaseUrlField = z.url({ protocol: /^postgres(ql)?$/ }).describe('a URL of the form postgresql://user:password@host:5432/database');

const allowUnsafeServerField = z.stringbool().default(false).describe('true, for tests whose data may be lost, or false');

/** The settings of every service that runs alone; `port` is where it listens unless GRPC_PORT says otherwise. */
export const serviceFields = (port: number) => ({
  ...processFields,
  ...tlsFields,
  ...natsFields,
  GRPC_PORT: portField(port),
  DATABASE_URL: databaseUrlField,
  DISPATCHER_ALLOW_UNSAFE_SERVER: allowUnsafeServerField,
});

/** The one setting of `npm run migrate`. */
export const migrateSettings = z.object({ DATABASE_URL: databaseUrlField });

/** Reads it. Throws a `SettingsError`. */
export const readMigrateSettings = () => readSettings(migrateSettings, process.env);
