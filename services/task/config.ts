import { serviceFields } from '@dispatcher/database/config.ts';
import { processSettings, servicePorts } from '@dispatcher/kit/settings/process-settings.ts';
import { readSettings } from '@dispatcher/kit/settings/settings.ts';
import { z } from 'zod';

const halfLifeField = z.coerce.number().min(0.01).max(100_000).default(14).describe('a number of days from 0.01 to 100000');

/** The settings of the task service. */
export const taskSettings = processSettings({ ...serviceFields(servicePorts.task), DISPATCHER_SCORE_HALF_LIFE_DAYS: halfLifeField });

/** Reads the settings. Throws a `SettingsError` that lists everything that is wrong. */
export const readTaskSettings = () => readSettings(taskSettings, process.env);
