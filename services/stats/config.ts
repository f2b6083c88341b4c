import { serviceFields } from '@dispatcher/database/config.ts';
import { processSettings, servicePorts } from '@dispatcher/kit/settings/process-settings.ts';
import { readSettings } from '@dispatcher/kit/settings/settings.ts';
import { z } from 'zod';

const retentionField = z.coerce.number().int().min(1).max(100_000).default(90).describe('a whole number of days from 1 to 100000');

/** The settings of the stats service. */
export const statsSettings = processSettings({ ...serviceFields(servicePorts.stats), DISPATCHER_RETENTION_DAYS: retentionField });

/** Reads the settings. Throws a `SettingsError` that lists everything that is wrong. */
export const readStatsSettings = () => readSettings(statsSettings, process.env);
