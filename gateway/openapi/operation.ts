import { type DescField, getOption } from '@bufbuild/protobuf';
import { FieldMaskSchema } from '@bufbuild/protobuf/wkt';
import { scope } from '@recursiv/proto/gen/dispatcher/v1/options_pb.ts';
import type { Route } from '../rest/routes.ts';
import { descriptionOf, summaryOf } from './descriptions.ts';
import { errorsOf } from './error-responses.ts';
import { exampleOf } from './examples.ts';
import { isRequired, schemaOfBody, schemaOfField } from './field-schema.ts';

/** The OpenAPI operation of a route. `index` counts the routes of one RPC, because each operation needs its own id. */
export function operationOf(route: Route, index: number): Record<string, unknown> {
  const { rpc } = route;
  return {
    operationId: index === 0 ? rpc.localName : `${rpc.localName}${index + 1}`,
    tags: [rpc.parent.name.replace(/Service$/, '')],
    summary: summaryOf(rpc),
    description: `${descriptionOf(rpc)}\n\nNeeds the scope \`${getOption(rpc, scope)}\`.`,
    parameters: parametersOf(route),
    ...(route.hasBody ? { requestBody: bodyOf(route) } : {}),
    responses: { [route.status]: successOf(route), ...errorsOf(route) },
  };
}

function otherFields({ rpc, pathFields }: Route): DescField[] {
  return rpc.input.fields.filter((field) => !pathFields.includes(field) && field.message?.typeName !== FieldMaskSchema.typeName);
}

function parametersOf(route: Route): unknown[] {
  return [
    ...route.pathFields.map((field) => parameterOf('path', field, true)),
    ...otherFields(route)
      .filter((field) => !route.hasBody || field.jsonName === 'organization_id')
      .map((field) => parameterOf('query', field, !route.hasBody && isRequired(field))),
    ...(route.method === 'POST' || route.method === 'PATCH' ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
    ...(route.rpc.methodKind === 'server_streaming' ? [{ $ref: '#/components/parameters/LastEventId' }] : []),
    { $ref: '#/components/parameters/RequestId' },
  ];
}

function parameterOf(place: 'path' | 'query', field: DescField, required: boolean): unknown {
  const { description, ...schema } = schemaOfField(field);
  const list = field.fieldKind === 'list' ? { style: 'form', explode: false } : {};
  return { name: field.jsonName, in: place, required, description, ...list, schema };
}

function bodyOf(route: Route): unknown {
  const { input } = route.rpc;
  const fields = otherFields(route);
  const schema = { ...schemaOfBody(input, fields), ...exampleOf(input) };
  return { required: fields.some(isRequired), content: { 'application/json': { schema } } };
}

function successOf({ rpc }: Route): unknown {
  const headers = { 'x-request-id': { $ref: '#/components/headers/RequestId' } };
  if (rpc.methodKind === 'server_streaming') return { description: streamDescription, headers, content: { 'text/event-stream': streamContent } };
  const schema = { $ref: `#/components/schemas/${rpc.output.name}` };
  return { description: descriptionOf(rpc.output), headers, content: { 'application/json': { schema } } };
}

const streamDescription =
  'Server-sent events: `id` is the position, `event` the type, `data` an Event as JSON. `event: reset` says, with a `reason` and the newest `position`, that ' +
  'events were missed because the position asked for is too old or unknown; the live stream follows. A comment comes every 15 s.';

const streamContent = {
  schema: { type: 'string' },
  example: 'retry: 2000\n\nid: 4711\nevent: task.claimed\ndata: {"position":4711,"type":"task.claimed","organization_id":"acme", …}\n\n',
};
