import type { DescField, DescMessage, JsonObject, JsonValue } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import { isRequired } from '@dispatcher/gateway/openapi/field-schema.ts';
import { type Route, routes } from '@dispatcher/gateway/rest/routes.ts';
import { apiPath } from './api-path.ts';
import type { RestAnswer, RestClient } from './rest-client.ts';

/** The routes of the contract that have an id in their path. */
export const routesById = routes.filter(({ pathFields }) => pathFields.length > 0);

/** The other routes that answer once: lists, counts, creation, claim-next. */
export const routesWithoutId = routes.filter(({ pathFields, rpc }) => pathFields.length === 0 && rpc.methodKind === 'unary');

/**
 * Sends a request to a route, filled in so that it would succeed on the caller's own task. `extra` is added to the body
 * or query.
 */
export async function send(rest: RestClient, route: Route, id: string, extra: Record<string, string> = {}, headers: Record<string, string> = {}) {
  const path = route.path.slice(apiPath.length).replaceAll(/\{\w+\}/g, encodeURIComponent(id));
  if (!route.hasBody) return await rest.call(route.method, path + queryOf(extra), { headers });
  return await rest.call(route.method, path, { body: { ...requiredFields(route.rpc.input, route.pathFields), ...extra }, headers });
}

/** The parts of an answer that are not new each time. */
export function bytesOf({ status, headers, text }: RestAnswer): string {
  const kept = [...headers].filter(([name]) => name !== 'x-request-id' && name !== 'date');
  return JSON.stringify([status, kept, text]);
}

/** A value for every required field. It includes a title, because an update without any change is refused. */
export function requiredFields(input: DescMessage, besides: readonly DescField[] = []): JsonObject {
  const needed = input.fields.filter((field) => !besides.includes(field) && (isRequired(field) || field.name === 'title'));
  return Object.fromEntries(needed.map((field) => [field.jsonName, valueFor(field)]));
}

function valueFor(field: DescField): JsonValue {
  if (field.fieldKind === 'list' && field.message) return [requiredFields(field.message)];
  if (field.scalar === ScalarType.INT32) return 1;
  return field.name === 'organization_id' ? 'beta' : 'intruder';
}

function queryOf(parameters: Record<string, string>): string {
  const text = new URLSearchParams(parameters).toString();
  return text === '' ? '' : `?${text}`;
}
