import { serviceFields } from '@dispatcher/database/config.ts';
import { servicePorts, tlsRule } from '@dispatcher/kit/process-settings.ts';
import { readSettings } from '@dispatcher/kit/settings.ts';
import { z } from 'zod';

/** The settings of the key service. Throws a `SettingsError` with everything that is wrong. */
export const readKeySettings = () => readSettings(z.object({ ...serviceFields(servicePorts.key) }).refine(...tlsRule), process.env);
