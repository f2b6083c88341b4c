import { create, type DescField, type DescMessage, getOption, ScalarType } from '@bufbuild/protobuf';
import { type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt';
import { field as rulesOption } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { type DispatcherError, invalidField } from '@dispatcher/kit/serving/errors.ts';

/**
 * Converts the JSON value of a field to the value in its message. Throws a 400 that names the field. `at` is what
 * stands before the name within a list of objects, as in `tasks[3].`.
 */
export type ReadJson = (json: unknown, at?: string) => unknown;

/** Reads a JSON object into the fields of a message, or throws a 400 that names the field at fault. */
export type ReadObject = (json: object, into: Record<string, unknown>, at?: string) => void;

/** A reader for a JSON object that may have these fields and no other. `null` stands for an absent one. */
export function createObjectReader(fields: readonly DescField[]): ReadObject {
  const readers = new Map<string, { localName: string; read: ReadJson }>();
  for (const field of fields) readers.set(field.jsonName, { localName: field.localName, read: createFieldReader(field) });
  return (json, into, at = '') => {
    for (const [name, value] of Object.entries(json)) {
      const reader = readers.get(name);
      if (!reader) throw invalidField(at + shownName(name), 'is not a field of this request');
      if (value !== null) into[reader.localName] = reader.read(value, at);
    }
  };
}

/** A name from the request, cut so that it can be part of the answer. */
export function shownName(name: string): string {
  return name.length > 100 ? `${name.slice(0, 100)}…` : name;
}

/**
 * Creates a reader for one field of a request body. It is stricter than the JSON mapping of protobuf: a number in
 * quotes is not a number. It does not check ranges, because the service validates every request by the rules of the
 * proto.
 */
export function createFieldReader(field: DescField): ReadJson {
  switch (field.fieldKind) {
    case 'scalar':
      return scalarReader(field, field.scalar);
    case 'message':
      return messageReader(field);
    case 'list':
      return field.message ? objectsReader(field, field.message) : listReader(field, scalarReader(field, field.scalar));
    default:
      throw new Error(`${field}: a request cannot have such a field over REST`);
  }
}

function listReader(field: DescField, read: ReadJson): ReadJson {
  return (json, at) => {
    if (!Array.isArray(json)) throw wrongType(field, 'a list', at);
    return json.map((item) => read(item, at));
  };
}

function objectsReader(field: DescField, message: DescMessage): ReadJson {
  const readObject = createObjectReader(message.fields);
  const { type: rules } = getOption(field, rulesOption);
  // Checked before anything is made of the items: a body has room for a hundred thousand empty ones.
  const most = rules.case === 'repeated' && rules.value.maxItems > 0n ? Number(rules.value.maxItems) : Number.POSITIVE_INFINITY;
  return (json, at = '') => {
    if (!Array.isArray(json)) throw wrongType(field, 'a list', at);
    if (json.length > most) throw invalidField(at + field.jsonName, `must have at most ${most} items`);
    return json.map((item: unknown, i) => {
      const place = `${at}${field.jsonName}[${i}]`;
      if (typeof item !== 'object' || item === null || Array.isArray(item)) throw invalidField(place, 'must be an object');
      const read = create(message);
      readObject(item, read as unknown as Record<string, unknown>, `${place}.`);
      return read;
    });
  };
}

function messageReader(field: DescField): ReadJson {
  if (field.message?.typeName !== TimestampSchema.typeName) throw new Error(`${field}: a request cannot have such a message over REST`);
  return (json, at) => {
    const time = typeof json === 'string' ? timestampFromText(json) : undefined;
    if (!time) throw wrongType(field, 'a time as in 2030-12-31T23:59:59Z', at);
    return time;
  };
}

function scalarReader(field: DescField, scalar: ScalarType | undefined): ReadJson {
  switch (scalar) {
    case ScalarType.STRING:
      // Text that is not valid Unicode would be changed on its way to a service in another process.
      return checked(field, 'a string of valid Unicode, without half of a surrogate pair', (json) => typeof json === 'string' && json.isWellFormed());
    case ScalarType.BOOL:
      return checked(field, 'true or false', (json) => typeof json === 'boolean');
    case ScalarType.DOUBLE:
      return checked(field, 'a number', (json) => Number.isFinite(json));
    case ScalarType.INT32:
      return checked(field, 'a whole number of 32 bits', (json) => Number.isInteger(json) && (Number(json) | 0) === json);
    case ScalarType.INT64:
      return (json, at) => int64FromJson(json) ?? refuse(field, 'a whole number of 64 bits', at);
    default:
      throw new Error(`${field}: a request cannot have such a type over REST`);
  }
}

function checked(field: DescField, expected: string, fits: (json: unknown) => boolean): ReadJson {
  return (json, at) => (fits(json) ? json : refuse(field, expected, at));
}

/** Accepts a number when it is exact, and a string of decimal digits, which protobuf writes. */
function int64FromJson(json: unknown): bigint | undefined {
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : undefined;
  if (typeof json !== 'string' || !/^-?\d{1,19}$/.test(json)) return undefined;
  const value = BigInt(json);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

const rfc3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

function timestampFromText(text: string): Timestamp | undefined {
  const [, time, fraction = '', zone] = rfc3339.exec(text) ?? [];
  const milliseconds = Date.parse(`${time}${zone}`);
  if (Number.isNaN(milliseconds) || !isCalendarDay(text)) return undefined;
  return create(TimestampSchema, { seconds: BigInt(milliseconds / 1000), nanos: Number(fraction.padEnd(9, '0')) });
}

/** Whether the day exists. `Date.parse` reads 30 February as 2 March. */
function isCalendarDay(text: string): boolean {
  const day = text.slice(0, 10);
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

function wrongType(field: DescField, expected: string, at = ''): DispatcherError {
  return invalidField(at + field.jsonName, `must be ${expected}`);
}

function refuse(field: DescField, expected: string, at?: string): never {
  throw wrongType(field, expected, at);
}
