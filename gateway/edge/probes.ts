import { setTimeout as sleep } from 'node:timers/promises';
import type { Readiness } from '@dispatcher/kit/serving/readiness.ts';
import type { FastifyInstance } from 'fastify';
import { createOpenApiDocument } from '../openapi/document.ts';

/** Services that have not answered after this time count as not ready. */
const readinessMs = 3000;

const unknown = { ready: false, failing: ['readiness'] };

/** Serves the routes that need no key: whether the process lives, whether it can serve, and the OpenAPI document. */
export function serveProbes(server: FastifyInstance, readiness: Readiness): void {
  server.get('/healthz', async (request, reply) => {
    reply.header('x-request-id', request.id);
    return { status: 'ok' };
  });
  server.get('/readyz', async (request, reply) => {
    const { ready, failing } = await Promise.race([readiness(), sleep(readinessMs, unknown, { ref: false })]).catch(() => unknown);
    reply.header('x-request-id', request.id).header('cache-control', 'no-store');
    if (!ready) reply.code(503).header('retry-after', '1');
    return { status: ready ? 'ready' : 'not ready', failing };
  });
  // A buffer is not copied for each client that reads slowly.
  const document = Buffer.from(JSON.stringify(createOpenApiDocument()));
  server.get('/openapi.json', async (request, reply) => {
    reply.header('x-request-id', request.id).header('content-type', 'application/json; charset=utf-8');
    return document;
  });
}
