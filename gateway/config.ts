import { addressesField, portField, processFields, servicePorts, tlsFields, tlsRule } from '@dispatcher/kit/process-settings.ts';
import { readSettings } from '@dispatcher/kit/settings.ts';
import { z } from 'zod';

const fields = z.object({
  HOST: processFields.HOST,
  PORT: portField(3000),
  DISPATCHER_API_KEY: processFields.DISPATCHER_API_KEY,
  LOG_LEVEL: processFields.LOG_LEVEL,
  ...tlsFields,
  TASK_SERVICE_ADDRESSES: addressesField(servicePorts.task),
  CLAIM_SERVICE_ADDRESSES: addressesField(servicePorts.claim),
  STATS_SERVICE_ADDRESSES: addressesField(servicePorts.stats),
  KEY_SERVICE_ADDRESSES: addressesField(servicePorts.key),
});

/** The settings of a gateway that runs alone. Throws a `SettingsError` with everything that is wrong. */
export const readGatewaySettings = () => readSettings(fields.refine(...tlsRule), process.env);
