import { serviceFields } from '@dispatcher/database/config.ts';
import { processSettings, servicePorts } from '@dispatcher/kit/settings/process-settings.ts';
import { readSettings } from '@dispatcher/kit/settings/settings.ts';

/** The settings of the key service. Throws a `SettingsError` with everything that is wrong. */
export const readKeySettings = () => readSettings(processSettings(serviceFields(servicePorts.key)), process.env);
