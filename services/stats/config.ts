import { serviceFields } from '@dispatcher/database/config.ts';
import { servicePorts, tlsRule } from '@dispatcher/kit/process-settings.ts';
import { readSettings } from '@dispatcher/kit/settings.ts';
import { z } from 'zod';

const retentionField = z.coerce.number().int().min(1).max(100_000).default(90).describe('a whole number of days from 1 to 100000');

/** The settings of the stats service. Throws a `SettingsError` with everything that is wrong. */
export const readStatsSettings = () =>
  readSettings(z.object({ ...serviceFields(servicePorts.stats), DISPATCHER_RETENTION_DAYS: retentionField }).refine(...tlsRule), process.env);
