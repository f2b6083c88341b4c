import { runServiceProcess } from '@dispatcher/database/service-process.ts';
import { runMain } from '@dispatcher/kit/lifecycle/run-main.ts';
import { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import { keySettings, readKeySettings } from './config.ts';
import { keyRoutes } from './routes.ts';

const usage = { command: 'npm run start:key', about: 'Runs the key service, which keeps organizations and keys.', settings: keySettings };

/**
 * Gateways cache keys for a moment. If this service cached them too, a revoked key would work for more than a second.
 */
const keysKeptMs = 0;

await runMain(usage, (signal) => runServiceProcess(KeyService, readKeySettings(), signal, ({ database }) => keyRoutes({ database }), keysKeptMs));
