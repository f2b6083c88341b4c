import type { Interceptor } from '@connectrpc/connect';
import { callerKey } from '../auth/caller.ts';
import type { Log } from '../telemetry/log.ts';
import { dispatcherErrorFrom } from './errors.ts';

/** Logs one line for each call at `debug`, with the request id of the gateway. It has no message and no key. */
export function logCalls(log: Log): Interceptor {
  return (next) => async (request) => {
    if (!log.isLevelEnabled('debug')) return await next(request);
    const start = performance.now();
    const write = (code: string) => {
      const { keyId, organizationId } = request.contextValues.get(callerKey);
      log.debug(
        {
          request_id: request.header.get('x-request-id'),
          key_id: keyId,
          organization: organizationId,
          rpc: `${request.service.typeName}/${request.method.name}`,
          code,
          ms: Math.round(performance.now() - start),
        },
        'call',
      );
    };
    try {
      const response = await next(request);
      write('ok');
      return response;
    } catch (thrown) {
      write(dispatcherErrorFrom(thrown).reason);
      throw thrown;
    }
  };
}
