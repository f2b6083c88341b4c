import { runServiceProcess } from '@dispatcher/database/service-process.ts';
import { runMain } from '@dispatcher/kit/lifecycle/run-main.ts';
import { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import { readKeySettings } from './config.ts';
import { keyRoutes } from './routes.ts';

/** A gateway remembers who a key stands for; were it told from memory, a revoked key would keep its streams for longer than a second. */
const keysKeptMs = 0;

await runMain((signal) => runServiceProcess(KeyService, readKeySettings(), signal, ({ database }) => keyRoutes({ database }), keysKeptMs));
