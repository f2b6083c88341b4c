import { runMain } from '@dispatcher/kit/lifecycle/run-main.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { localSettings, readLocalSettings } from './config.ts';
import { runLocal } from './run-local.ts';

const about = 'Runs all of Dispatcher in one process, with a PostgreSQL of its own. No setting is needed.';

await runMain({ command: 'npm start', about, settings: localSettings }, async (signal) => {
  const settings = readLocalSettings();
  await runLocal({ settings, log: createLog(settings.logLevel), signal, print: (text) => console.log(text) });
});
