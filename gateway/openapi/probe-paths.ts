/** The paths outside the API. They need no key, except for the metrics. */
export function probePaths(): Record<string, unknown> {
  return {
    '/healthz': {
      get: {
        operationId: 'getHealth',
        tags: ['Probes'],
        summary: 'Whether the process lives',
        security: [],
        responses: { 200: answer('It lives.', { status: { type: 'string', enum: ['ok'] } }) },
      },
    },
    '/readyz': {
      get: {
        operationId: 'getReadiness',
        tags: ['Probes'],
        summary: 'Whether the process can serve',
        security: [],
        responses: { 200: answer('It can serve.', readiness('ready')), 503: answer('It cannot serve now.', readiness('not ready')) },
      },
    },
    '/metrics': {
      get: {
        operationId: 'getMetrics',
        tags: ['Probes'],
        summary: 'Metrics in the text format of Prometheus, only with the admin key',
        responses: {
          200: { description: 'The metrics.', content: { 'text/plain': { schema: { type: 'string' } } } },
          401: { $ref: '#/components/responses/Error401' },
          403: { $ref: '#/components/responses/Error403' },
        },
      },
    },
    '/openapi.json': {
      get: {
        operationId: 'getOpenApi',
        tags: ['Probes'],
        summary: 'This document',
        security: [],
        responses: { 200: { description: 'This document.', content: { 'application/json': { schema: { type: 'object' } } } } },
      },
    },
  };
}

function readiness(status: string): Record<string, unknown> {
  return {
    status: { type: 'string', enum: [status] },
    failing: { type: 'array', items: { type: 'string' }, description: 'The names of the parts that do not answer.' },
  };
}

function answer(description: string, properties: Record<string, unknown>): unknown {
  const schema = { type: 'object', properties, required: Object.keys(properties) };
  return { description, content: { 'application/json': { schema } } };
}
