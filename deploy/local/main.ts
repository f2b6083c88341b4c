import { createShutdownSignal } from '@dispatcher/kit/lifecycle/shutdown-signal.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { readLocalSettings } from './config.ts';
import { runLocal } from './run-local.ts';

try {
  const settings = readLocalSettings();
  await runLocal({ settings, log: createLog(settings.logLevel), signal: createShutdownSignal(), print: (text) => console.log(text) });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
