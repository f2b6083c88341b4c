import type { DescMethod } from '@bufbuild/protobuf';
import { getOption } from '@bufbuild/protobuf';
import { http } from '@recursiv/proto/gen/google/api/annotations_pb.ts';
import { ValidationError } from '../errors.ts';

/** The fields of a request under their JSON names. */
export type Fields = Readonly<Record<string, unknown>>;

/** An HTTP request. The path is relative to the base URL. */
export interface HttpRequest {
  readonly verb: string;
  readonly path: string;
  readonly body: string | undefined;
}

/** Makes the HTTP request that a method's `google.api.http` annotation describes from the fields of its request. */
export function requestFromFields(method: DescMethod, fields: Fields): HttpRequest {
  const { verb, template, hasBody } = ruleOf(method);
  const rest: Record<string, unknown> = { ...fields };
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name];
    delete rest[name];
    return pathSegment(name, value);
  });
  if (hasBody) return { verb, path, body: JSON.stringify(rest) };
  const query = queryFromFields(rest);
  return { verb, path: query === '' ? path : `${path}?${query}`, body: undefined };
}

/** Whether the method's request has the field. */
export function takesField(method: DescMethod, jsonName: string): boolean {
  return method.input.fields.some((field) => field.jsonName === jsonName);
}

/** The path in the annotation begins with `/api/v1`, which is already in the base URL. */
function ruleOf(method: DescMethod): { verb: string; template: string; hasBody: boolean } {
  const { pattern, body } = getOption(method, http);
  if (pattern.case === undefined || pattern.case === 'custom') throw new Error(`${method.name} has no HTTP route.`);
  return { verb: pattern.case.toUpperCase(), template: pattern.value.replace(/^\/api\/v1/, ''), hasBody: body === '*' };
}

/** Refuses an empty segment and one of dots, because it would lead to another route (WHATWG URL, path state). */
function pathSegment(name: string, value: unknown): string {
  const text = typeof value === 'string' ? value.toWellFormed() : '';
  if (text === '' || text === '.' || text === '..') {
    throw new ValidationError({ status: 400, code: 'invalid_argument', message: `${name}: ${JSON.stringify(value ?? '')} is not an id.` });
  }
  return encodeURIComponent(text);
}

function queryFromFields(fields: Fields): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const one of values) if (one !== undefined && one !== null) query.append(name, String(one));
  }
  return query.toString();
}
