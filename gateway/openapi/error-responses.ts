import { errorTable } from '@dispatcher/kit/serving/errors.ts';
import type { Route } from '../rest/routes.ts';
import type { JsonSchema } from './json-schema.ts';

const titles: Readonly<Record<number, string>> = {
  400: 'The request is not valid. `details.field` names the wrong field.',
  401: 'The request has no valid key.',
  403: 'The key may not do this.',
  404: 'It does not exist, or this key cannot see it.',
  409: 'The state of the task does not allow it, or several organizations have the id.',
  413: 'The body is larger than 256 KiB.',
  415: 'The body is not `application/json`.',
  422: 'The `Idempotency-Key` was used with another request.',
  429: 'Too many requests of this key, or of its organization, are in flight.',
  431: 'The headers are larger than 16 KiB.',
  500: 'An unexpected error occurred. The log has its cause under the request id.',
  503: 'The server cannot answer now. Try again after `Retry-After` seconds.',
  504: 'The request took too long. Repeat it with the same `Idempotency-Key`.',
};

/** One response for each status of the error table, with its codes. */
export function errorResponses(): Record<string, unknown> {
  const statuses = new Set([...Object.values(errorTable).map(({ status }) => status), 431]);
  return Object.fromEntries([...statuses].map((status) => [`Error${status}`, errorResponse(status)]));
}

/** The errors of one route, by status. */
export function errorsOf(route: Route): Record<string, unknown> {
  return Object.fromEntries(statusesOf(route).map((status) => [status, { $ref: `#/components/responses/Error${status}` }]));
}

function statusesOf({ rpc, hasBody, pathFields }: Route): number[] {
  const namesTask = pathFields.some((field) => field.name === 'task_id');
  return [
    400,
    401,
    403,
    ...(pathFields.length > 0 ? [404] : []),
    ...(namesTask || rpc.name.startsWith('CreateTask') ? [409] : []),
    // A body is read, and refused, also where none is expected.
    ...(rpc.methodKind === 'unary' ? [413, 415] : []),
    ...(hasBody ? [422] : []),
    429,
    431,
    500,
    503,
    504,
  ];
}

function errorResponse(status: number): unknown {
  // Headers that are too large are refused before anything else is known of the request.
  const codes = Object.entries(errorTable).filter(([code, entry]) => (status === 431 ? code === 'invalid_argument' : entry.status === status));
  const types = [...new Set(codes.map(([, { type }]) => type))];
  const names = codes.map(([code]) => code);
  return {
    description: titles[status],
    headers: {
      'x-request-id': { $ref: '#/components/headers/RequestId' },
      ...(status === 429 || status === 503 ? { 'retry-after': { $ref: '#/components/headers/RetryAfter' } } : {}),
    },
    content: { 'application/json': { schema: errorSchema(types, names) } },
  };
}

/** Lists are of ids. */
const detail = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] };

function errorSchema(types: readonly string[], codes: readonly string[]): JsonSchema {
  return {
    type: 'object',
    properties: {
      error: {
        type: 'object',
        properties: {
          type: { type: 'string', enum: types },
          code: { type: 'string', enum: codes },
          message: { type: 'string', description: 'What was wrong, for people.' },
          details: { type: 'object', additionalProperties: detail, description: 'What was wrong, for programs.' },
        },
        required: ['type', 'code', 'message'],
      },
    },
    required: ['error'],
    examples: [{ error: { type: types[0], code: codes[0], message: 'What was wrong, in a sentence.' } }],
  };
}
