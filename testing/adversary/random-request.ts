import { createRandom } from '../system/harness/random.ts';
import type { Shot } from './flood.ts';

/** The schema of a value in the OpenAPI document. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly $ref?: string;
}

/** The description of a route in the OpenAPI document. */
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

/** The part of an OpenAPI document from which requests are made. */
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** Numbers at the limits of int4, int8, float8 and the contract, and beyond them. */
const numbers = [
  '0',
  '-0',
  '1',
  '-1',
  '20',
  '200',
  '201',
  '2147483627',
  '2147483647',
  '2147483648',
  '-2147483648',
  '-2147483649',
  '9007199254740992',
];
const largeNumbers = ['9223372036854775807', '9223372036854775808', '-9223372036854775809', '1e308', '1e309', '-1e309', '5e-324', '1e-400', '0.1'];
const times = ['0001-01-01T00:00:00Z', '0000-12-31T23:59:59Z', '9999-12-31T23:59:59.999999999Z', '9999-12-31T23:59:59-23:59', '2030-02-30T00:00:00Z'];
const words = [
  'one',
  'two',
  'three',
  'ann',
  '',
  ' ',
  '\u0000',
  '\ud800',
  '"',
  '\\',
  '%',
  '../..',
  '😀',
  '__proto__',
  'constructor',
  'null',
  "';--",
  '\r\n',
];
/** Values that are valid nearly everywhere, so that many requests succeed. */
const plainNumbers = ['1', '2', '5', '10', '60'];
const plainWords = ['one', 'two', 'three', 'ann'];
const cursors = ['W10', 'WyJhIl0', 'WyJJbmZpbml0eSIsIjkiLCJhIl0', '====', 'WzFlOTk5XQ'];

/** Makes requests from an OpenAPI document. Most are wrong in one place. The same seed gives the same requests. */
export function createRandomRequests(document: Document, seed: number, adminKey: string): () => Shot {
  const random = createRandom(seed);
  const chance = (part: number) => random() < part;
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const text = () =>
    chance(0.05) ? pick(words).repeat(Math.floor(random() * 2_000)) : pick(chance(0.7) ? plainWords : [...words, ...times, ...cursors]);
  const number = () => pick(chance(0.6) ? plainNumbers : chance(0.7) ? numbers : largeNumbers);
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      path.startsWith(base) && !path.endsWith('/stream') ? [{ path, method, operation }] : [],
    ),
  );

  /** The JSON text of a value. It fits the schema more often than not. */
  const json = (schema: Schema, depth = 0): string => {
    if (chance(0.05)) return pick(['null', 'true', '{}', '[]', '"x"', '[[]]', number(), JSON.stringify(text())]);
    if (schema.enum && chance(0.8)) return JSON.stringify(pick(schema.enum));
    const [type] = [schema.type ?? 'object'].flat();
    if (type === 'string') return JSON.stringify(text());
    if (type === 'integer' || type === 'number') return number();
    if (type === 'boolean') return pick(['true', 'false']);
    if (type === 'array') return `[${Array.from({ length: Math.floor(random() * 4) }, () => json(schema.items ?? {}, depth + 1)).join()}]`;
    const names = Object.keys(schema.properties ?? {}).filter((name) => chance(name === 'organization_id' ? 0.03 : 0.4));
    if (chance(0.03)) names.push(pick([...names, ...words]));
    return depth > 3 ? '{}' : `{${names.map((name) => `${JSON.stringify(name)}:${value(name, schema.properties?.[name] ?? {}, depth)}`).join()}}`;
  };
  /** No request waits for a task. There are few names, so that requests use each other's tasks. */
  const value = (name: string, schema: Schema, depth: number) => {
    if (name === 'wait_seconds') return pick(['0', '-1', '31', '1.5', '"0"']);
    if (['title', 'agent', 'name', 'id'].includes(name) && chance(0.9)) return JSON.stringify(pick(['one', 'two', 'three', 'four']));
    return json(schema, depth + 1);
  };
  const broken = (body: string) =>
    pick([body.slice(0, -1), `${body}}`, `${body.slice(0, -1)},"title":"a","title":"b"}`, `\ufeff${body}`, '['.repeat(2_000)]);
  const headers = (): Record<string, string> => ({
    ...(chance(0.15) && { authorization: pick(['', 'Bearer', 'Bearer sk_live_x', 'Basic eA==', `Bearer ${adminKey}`, `bearer  ${adminKey}`]) }),
    ...(chance(0.2) && { 'idempotency-key': pick(['one', 'two', 'x'.repeat(200), 'x'.repeat(201), ' ', '%00']) }),
    ...(chance(0.03) && { 'content-type': pick(['text/plain', 'application/json; charset=utf-16', ';', 'application/jsonp']) }),
  });
  return () => {
    const { path, method, operation } = pick(routes);
    const filled = path
      .slice(base.length)
      .replaceAll(/\{\w+\}/g, () => encodeURIComponent((chance(0.7) ? pick(['one', 'two', 'three']) : text()).toWellFormed()));
    const query = (operation.parameters ?? [])
      .filter((parameter) => parameter.in === 'query' && chance(parameter.name === 'organization_id' ? 0.03 : 0.3))
      .map(({ name, schema }) => `${name}=${encodeURIComponent(json(schema).replaceAll('"', '').toWellFormed())}`);
    const schema = operation.requestBody?.content['application/json']?.schema;
    const body = schema ? json(schema) : chance(0.03) ? json({}) : undefined;
    return {
      method: (chance(0.02) ? pick(['PUT', 'delete', 'post', 'get']) : method).toUpperCase(),
      path: query.length > 0 ? `${filled}?${query.join('&')}` : filled,
      headers: headers(),
      ...(body !== undefined && { body: chance(0.05) ? broken(body) : body }),
    };
  };
}

const base = '/api/v1/dispatcher';
