import { createLog } from '@dispatcher/kit/log.ts';
import { runMain } from '@dispatcher/kit/run-main.ts';
import { readServicesSettings } from './config.ts';
import { runServices } from './run-services.ts';

await runMain(async (signal) => {
  const settings = readServicesSettings();
  await runServices({ settings, log: createLog(settings.local.logLevel), signal, print: (text) => console.log(text) });
});
