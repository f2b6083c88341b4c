import { runMain } from '@dispatcher/kit/lifecycle/run-main.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { readServicesSettings } from './config.ts';
import { runServices } from './run-services.ts';

await runMain(async (signal) => {
  const settings = readServicesSettings();
  await runServices({ settings, log: createLog(settings.local.logLevel), signal, print: (text) => console.log(text) });
});
