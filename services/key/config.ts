import { serviceFields } from '@dispatcher/database/config.ts';
import { processSettings, servicePorts } from '@dispatcher/kit/settings/process-settings.ts';
import { readSettings } from '@dispatcher/kit/settings/settings.ts';

/** The settings of the key service. */
export const keySettings = processSettings(serviceFields(servicePorts.key));

/** Reads the settings. Throws a `SettingsError` that lists everything that is wrong. */
export const readKeySettings = () => readSettings(keySettings, process.env);
