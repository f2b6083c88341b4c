import { errorTable } from '@dispatcher/kit/serving/errors.ts';
import { createOpenApiAssert } from '@dispatcher/testing/gateway/openapi-assert.ts';
import { createRecordingServices } from '@dispatcher/testing/gateway/recording-services.ts';
import { useGateway } from '@dispatcher/testing/gateway/use-gateway.ts';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { routes } from '../rest/routes.ts';
import { createOpenApiDocument } from './document.ts';

const document = createOpenApiDocument();
const api = '/api/v1/dispatcher';

interface Node {
  readonly [key: string]: unknown;
}

/** Every object inside, with its path. */
function* objectsIn(value: unknown, path = ''): Generator<[path: string, node: Node]> {
  if (typeof value !== 'object' || value === null) return;
  yield [path, value as Node];
  for (const [key, part] of Object.entries(value)) yield* objectsIn(part, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
}

describe('the OpenAPI document', () => {
  test('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(structuredClone(document));
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
  });

  test('has every route, each with its own id', () => {
    const { paths } = document as { paths: Record<string, Record<string, { operationId: string }>> };
    for (const { method, path } of routes) expect(paths[path]?.[method.toLowerCase()]).toBeDefined();
    const ids = Object.values(paths).flatMap((operations) => Object.values(operations).map(({ operationId }) => operationId));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('has every code of the error table under its status, and no others', () => {
    const codes = [...objectsIn((document as { components: Node }).components.responses)]
      .filter(([path]) => path.endsWith('/error/properties/code'))
      .flatMap(([path, node]) => (node.enum as string[]).map((code) => [code, Number(/Error(\d+)/.exec(path)?.[1])]));
    // Headers that are too large have a status of their own.
    const expected = [...Object.entries(errorTable).map(([code, { status }]) => [code, status]), ['invalid_argument', 431]];
    expect(codes.map(String).sort()).toEqual(expected.map(String).sort());
  });

  test('has a valid example for every body', () => {
    const ajv = new Ajv2020({ strict: false, validateSchema: false });
    formats.default(ajv);
    ajv.addSchema(document, 'openapi');
    let bodies = 0;
    for (const [path, node] of objectsIn(document)) {
      if (path.includes('/examples/') || path.endsWith('/properties')) continue;
      const example = Array.isArray(node.examples) ? node.examples[0] : node.schema && 'example' in node ? node.example : undefined;
      if (example === undefined) continue;
      const schemaPath = Array.isArray(node.examples) ? path : `${path}/schema`;
      const validate = ajv.getSchema(`openapi#${encodeURI(schemaPath)}`);
      expect(validate?.(example), `${schemaPath}: ${ajv.errorsText(validate?.errors)}`).toBe(true);
      if (path.includes('/requestBody/')) bodies += 1;
    }
    expect(bodies).toBe(routes.filter(({ hasBody }) => hasBody).length);
  });

  test('has the validation rules of the proto', () => {
    const { paths } = document as { paths: Record<string, Record<string, { requestBody: { content: Record<string, { schema: Node }> } }>> };
    const schema = paths[`${api}/tasks/claim-next`]?.post?.requestBody.content['application/json']?.schema;
    expect(schema).toMatchObject({
      required: ['agent'],
      additionalProperties: false,
      properties: {
        agent: { type: 'string', minLength: 1, maxLength: 200 },
        layer: { type: ['string', 'null'], enum: ['core', 'plugin', 'ops', null] },
        wait_seconds: { type: ['integer', 'null'], minimum: 0, maximum: 30 },
      },
    });
  });

  test('is served without a key', async () => {
    await using gateway = await useGateway([]);
    expect(await gateway.send('GET', '/openapi.json', { headers: { authorization: '' } })).toMatchObject({ status: 200, body: document });
  });
});

describe('the assertion on answers', () => {
  test('accepts the answers of the gateway', async () => {
    const time = { seconds: 1n, nanos: 1000 };
    const task = { id: 'x', createdAt: time, updatedAt: time };
    const answers = { GetTask: async () => ({ data: task }), ListTasks: async () => ({ data: [task], meta: {} }), ClaimNextTask: async () => ({}) };
    await using gateway = await useGateway([createRecordingServices(answers).routes]);
    const assertMatches = createOpenApiAssert();
    for (const [method, path, body] of [
      ['GET', `${api}/tasks/x`, undefined],
      ['GET', `${api}/tasks?limit=5`, undefined],
      ['GET', `${api}/tasks?limit=x`, undefined],
      ['POST', `${api}/tasks/claim-next`, { agent: 'x' }],
      ['POST', `${api}/tasks/claim-next`, {}],
      ['POST', `${api}/tasks/claim-next`, '{'],
      ['PUT', `${api}/tasks`, {}],
      ['GET', '/nothing', undefined],
      ['GET', '/healthz', undefined],
      ['GET', '/readyz', undefined],
    ] as const) {
      const answer = await gateway.send(method, path, { body });
      expect(() => assertMatches(method, path, answer.status, answer.body)).not.toThrow();
    }
  });

  test.each([
    ['an unknown field', 'GET', `${api}/stats`, 200, { data: { byStatus: {}, byOwner: {}, byLayer: {}, more: 1 } }],
    ['a missing field', 'GET', `${api}/stats`, 200, { data: { byStatus: {}, byOwner: {} } }],
    ['a wrong type', 'GET', `${api}/stats`, 200, { data: { byStatus: { pending: '1' }, byOwner: {}, byLayer: {} } }],
    ['a status it does not have', 'GET', `${api}/stats`, 202, {}],
    ['a code of another status', 'GET', `${api}/stats`, 400, { error: { type: 'invalid_request_error', code: 'not_found', message: '' } }],
    ['a route it does not have', 'GET', '/nothing', 200, {}],
  ])('refuses %s', (_name, method, path, status, body) => {
    expect(() => createOpenApiAssert()(method, path, status, body)).toThrow(path);
  });
});
