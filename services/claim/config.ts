import { serviceFields } from '@dispatcher/database/config.ts';
import { processSettings, servicePorts } from '@dispatcher/kit/settings/process-settings.ts';
import { readSettings } from '@dispatcher/kit/settings/settings.ts';
import { z } from 'zod';

const maxAttemptsField = z.coerce.number().int().min(1).max(100_000).default(5).describe('a whole number from 1 to 100000');

/** The settings of the claim service. */
export const claimSettings = processSettings({ ...serviceFields(servicePorts.claim), DISPATCHER_MAX_ATTEMPTS: maxAttemptsField });

/** Reads the settings. Throws a `SettingsError` that lists everything that is wrong. */
export const readClaimSettings = () => readSettings(claimSettings, process.env);
