import type { Authenticate } from '@dispatcher/kit/auth/authentication.ts';
import { networkOf } from '@dispatcher/kit/listening/network-of.ts';
import { DispatcherError } from '@dispatcher/kit/serving/errors.ts';
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** In seconds: from the time of a fast answer to the longest time of any answer. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 40];

/**
 * Serves metrics for an operator at `/metrics`, in the text format of Prometheus and only for the admin key: the
 * durations of requests, the number of open streams, and the process.
 */
export function serveMetrics(server: FastifyInstance, authenticate: Authenticate, openStreams: () => number): void {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const labelNames = ['method', 'route', 'status'] as const;
  const duration = new Histogram({
    name: 'dispatcher_http_request_duration_seconds',
    help: 'How long requests took.',
    labelNames,
    buckets,
    registers: [register],
  });
  new Gauge({
    name: 'dispatcher_streams_open',
    help: 'Event streams that are open.',
    registers: [register],
    collect() {
      this.set(openStreams());
    },
  });
  // The label is the route and not the path, because callers invent paths.
  server.addHook('onResponse', async (request, reply) => {
    duration.observe({ method: request.method, route: request.routeOptions.url ?? 'unknown', status: reply.statusCode }, reply.elapsedTime / 1000);
  });
  server.get('/metrics', async (request, reply) => {
    const caller = await authenticate(request.headers.authorization ?? null, networkOf(request.raw.socket.remoteAddress));
    if (!caller.scopes.has('admin')) throw new DispatcherError('forbidden', 'Only the admin key may read the metrics.');
    reply.header('x-request-id', request.id).header('content-type', register.contentType);
    return await register.metrics();
  });
}
