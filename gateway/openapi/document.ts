import type { DescMessage } from '@bufbuild/protobuf';
import { TimestampSchema } from '@bufbuild/protobuf/wkt';
import { EventSchema } from '@recursiv/proto/gen/dispatcher/v1/event_pb.ts';
import { type Route, routes } from '../rest/routes.ts';
import { descriptionOf } from './descriptions.ts';
import { errorResponses } from './error-responses.ts';
import { exampleOf } from './examples.ts';
import { schemaOfAnswer } from './field-schema.ts';
import { operationOf } from './operation.ts';
import { probePaths } from './probe-paths.ts';

/** Creates the OpenAPI 3.1 document of the REST API from the descriptors of the contract and their comments. */
export function createOpenApiDocument(): Record<string, unknown> {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Dispatcher',
      version: '1.0.0',
      description: 'Task coordination for agents and people: create tasks, claim the best one, keep it alive, finish or release it.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This server.' }],
    security: [{ key: [] }],
    tags: tags(),
    paths: { ...apiPaths(), ...probePaths() },
    components: {
      schemas: schemas(),
      responses: errorResponses(),
      parameters,
      headers,
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An `sk_live_…` key of an organization, or the admin key.' },
      },
    },
  };
}

function tags(): unknown[] {
  const services = new Set(routes.map(({ rpc }) => rpc.parent));
  const probes = { name: 'Probes', description: 'Whether the server lives and can serve, and metrics for an operator.' };
  return [...services].map((service) => ({ name: service.name.replace(/Service$/, ''), description: descriptionOf(service) })).concat(probes);
}

function apiPaths(): Record<string, Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = operationOf(route, indexOf(route));
    paths[route.path] = operations;
  }
  return paths;
}

function indexOf(route: Route): number {
  return routes.filter(({ rpc }) => rpc === route.rpc).indexOf(route);
}

/** The messages of all answers, and the messages inside them. */
function schemas(): Record<string, unknown> {
  const messages = new Set<DescMessage>([EventSchema]);
  for (const { rpc } of routes) if (rpc.methodKind === 'unary') messages.add(rpc.output);
  for (const message of messages) {
    for (const field of message.fields) if (field.message && field.message.typeName !== TimestampSchema.typeName) messages.add(field.message);
  }
  return Object.fromEntries([...messages].map((message) => [message.name, { ...schemaOfAnswer(message), ...exampleOf(message) }]));
}

const parameters = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'A repeat with the same key within 24 h has no second effect and gets the same answer. Heartbeats and keys ignore it.',
    schema: { type: 'string', minLength: 1, maxLength: 200, pattern: '^[ -~]+$' },
    example: '4f5b1f0e-claim-1',
  },
  LastEventId: {
    name: 'Last-Event-ID',
    in: 'header',
    description: 'Resume after this position. Browsers send this header by themselves. It wins over `after`.',
    schema: { type: 'string', pattern: '^[0-9]{1,18}$' },
    example: '4711',
  },
  RequestId: {
    name: 'x-request-id',
    in: 'header',
    description: 'Your own id for the request. The answer and the log have it too.',
    schema: { type: 'string' },
    example: 'deploy-17',
  },
};

const headers = {
  RequestId: { description: 'The id of the request in the log: yours, or a new one.', schema: { type: 'string' } },
  RetryAfter: { description: 'Seconds to wait.', schema: { type: 'string', pattern: '^[0-9]+$' } },
};
