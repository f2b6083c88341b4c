import { runMain } from '@dispatcher/kit/lifecycle/run-main.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { localSettings } from '@dispatcher/local/config.ts';
import { readServicesSettings } from './config.ts';
import { runServices } from './run-services.ts';

const about = 'Runs each service and a gateway as a process of its own, with PostgreSQL and NATS, for development.';

await runMain({ command: 'npm run start:services', about, settings: localSettings }, async (signal) => {
  const settings = readServicesSettings();
  await runServices({ settings, log: createLog(settings.local.logLevel), signal, print: (text) => console.log(text) });
});
