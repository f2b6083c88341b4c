import { addressesField, portField, processFields, processSettings, servicePorts, tlsFields } from '@dispatcher/kit/settings/process-settings.ts';
import { readSettings } from '@dispatcher/kit/settings/settings.ts';

/** The settings of a gateway that runs as its own process. */
export const gatewaySettings = processSettings({
  ...processFields,
  PORT: portField(3000),
  ...tlsFields,
  TASK_SERVICE_ADDRESSES: addressesField(servicePorts.task),
  CLAIM_SERVICE_ADDRESSES: addressesField(servicePorts.claim),
  STATS_SERVICE_ADDRESSES: addressesField(servicePorts.stats),
  KEY_SERVICE_ADDRESSES: addressesField(servicePorts.key),
});

/** Reads the settings. Throws a `SettingsError` that lists everything that is wrong. */
export const readGatewaySettings = () => readSettings(gatewaySettings, process.env);
