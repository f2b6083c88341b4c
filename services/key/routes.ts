import type { Routes } from '@dispatcher/kit/serving/routes.ts';
import { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import type { KeyDependencies } from './dependencies.ts';
import { createKey } from './rpc/create-key.ts';
import { getCaller } from './rpc/get-caller.ts';
import { listKeys } from './rpc/list-keys.ts';
import { revokeKey } from './rpc/revoke-key.ts';

/** The methods of the key service. */
export const keyRoutes =
  (dependencies: KeyDependencies): Routes =>
  (router) =>
    router.service(KeyService, {
      createKey: createKey(dependencies),
      listKeys: listKeys(dependencies),
      revokeKey: revokeKey(dependencies),
      getCaller,
    });
