import { runServiceProcess } from '@dispatcher/database/service-process.ts';
import { runMain } from '@dispatcher/kit/run-main.ts';
import { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import { readKeySettings } from './config.ts';
import { keyRoutes } from './routes.ts';

await runMain((signal) => runServiceProcess(KeyService, readKeySettings(), signal, ({ database }) => keyRoutes({ database })));
