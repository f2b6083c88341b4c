import { create, type DescField, type Message } from '@bufbuild/protobuf';
import { FieldMaskSchema } from '@bufbuild/protobuf/wkt';
import { invalidField } from '@dispatcher/kit/serving/errors.ts';
import { createObjectReader, shownName } from './read-json.ts';
import { createTextReader, parseQuery } from './read-query.ts';
import type { Route } from './routes.ts';

/** The parts of an HTTP request from which the message of its RPC is made. */
export interface RequestParts {
  /** The fields in the path, decoded. */
  params: Readonly<Record<string, string>>;
  /** The URL, for its query. */
  url: string;
  /** The JSON object of the body. Empty when there is no body. */
  body: Readonly<Record<string, unknown>>;
}

/** Converts path, query and body to the request message. Throws a 400 that names the wrong field. */
export type ReadRequest = (parts: RequestParts) => Message;

/** Creates a reader for the requests of one route. */
export function createRequestReader(route: Route): ReadRequest {
  const schema = route.rpc.input;
  const mask = schema.fields.find(isMask);
  const others = schema.fields.filter((field) => field !== mask && !route.pathFields.includes(field));
  const readPath = createPathReader(route.pathFields);
  // The query of any route may name the organization.
  const readQuery = createQueryReader(route.hasBody ? others.filter(isOrganization) : others);
  const readBody = createObjectReader(route.hasBody ? others : []);
  return (parts) => {
    const message = create(schema);
    const fields = message as unknown as Record<string, unknown>;
    readPath(parts.params, fields);
    readBody(parts.body, fields);
    readQuery(parts.url, fields);
    if (mask) fields[mask.localName] = create(FieldMaskSchema, { paths: maskPaths(parts.body) });
    return message;
  };
}

type Fields = Record<string, unknown>;

function isMask(field: DescField): boolean {
  return field.message?.typeName === FieldMaskSchema.typeName;
}

const isOrganization = (field: DescField): boolean => field.jsonName === 'organization_id';

/**
 * Every key of the body is a field to write, also a key with `null`. The organization is not written, because it only
 * says which task is meant. The paths are sorted, so that a repeat with another order of fields is recognized.
 */
function maskPaths(body: RequestParts['body']): string[] {
  return Object.keys(body)
    .filter((name) => name !== 'organization_id')
    .sort();
}

function createPathReader(fields: readonly DescField[]) {
  const readers = fields.map((field) => ({ field, read: createTextReader(field) }));
  return (params: RequestParts['params'], into: Fields): void => {
    for (const { field, read } of readers) into[field.localName] = read([params[field.name] ?? '']);
  };
}

function createQueryReader(fields: readonly DescField[]) {
  const readers = new Map(fields.map((field) => [field.jsonName, { field, read: createTextReader(field) }]));
  return (url: string, into: Fields): void => {
    const query = parseQuery(url);
    if (query.length === 0) return;
    for (const [name, texts] of Map.groupBy(query, ([key]) => key)) {
      const reader = readers.get(name);
      if (!reader) throw invalidField(shownName(name), 'is not a parameter of this route');
      const value = reader.read(texts.map(([, text]) => text));
      const inBody = into[reader.field.localName];
      if (isOrganization(reader.field) && inBody && inBody !== value) throw invalidField(name, 'has one value in the query and another in the body');
      into[reader.field.localName] = value;
    }
  };
}
