import type { ServiceImpl } from '@connectrpc/connect';
import { callerOf } from '@dispatcher/kit/auth/caller.ts';
import type { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';

/** The caller to whom the key of this call belongs. */
export const getCaller: ServiceImpl<typeof KeyService>['getCaller'] = (_request, context) => {
  const { keyId, organizationId, name, scopes } = callerOf(context);
  return { data: { name, scopes: [...scopes].sort(), ...(keyId !== null && { keyId }), ...(organizationId !== null && { organizationId }) } };
};
