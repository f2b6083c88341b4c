import type { Caller } from '@dispatcher/kit/auth/caller.ts';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Notes who sent a request, for its line in the log. */
export type SetCaller = (request: FastifyRequest, caller: Caller) => void;

/**
 * Logs one line for each request when its answer has ended: at `debug`, and at `info` from status 500 on. The line has
 * the request id, which the caller also has. It has no body, no key and no path parameter.
 */
export function logRequests(server: FastifyInstance, log: Log): SetCaller {
  const callers = new WeakMap<FastifyRequest, Caller>();
  server.addHook('onResponse', async (request, reply) => {
    const level = reply.statusCode >= 500 ? 'info' : 'debug';
    if (!log.isLevelEnabled(level)) return;
    const caller = callers.get(request);
    log[level](
      {
        request_id: request.id,
        key_id: caller?.keyId ?? (caller ? 'admin' : null),
        organization: caller?.organizationId ?? null,
        route: `${request.method} ${request.routeOptions.url ?? 'unknown'}`,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    );
  });
  return (request, caller) => void callers.set(request, caller);
}
