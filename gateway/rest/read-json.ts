import { create, type DescField, ScalarType } from '@bufbuild/protobuf';
import { type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt';
import { type DispatcherError, invalidField } from '@dispatcher/kit/serving/errors.ts';

/** Converts the JSON value of a field to the value in its message. Throws a 400 that names the field. */
export type ReadJson = (json: unknown) => unknown;

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
      return listReader(field, scalarReader(field, field.scalar));
    default:
      throw new Error(`${field}: a request cannot have such a field over REST`);
  }
}

function listReader(field: DescField, read: ReadJson): ReadJson {
  return (json) => {
    if (!Array.isArray(json)) throw wrongType(field, 'a list');
    return json.map(read);
  };
}

function messageReader(field: DescField): ReadJson {
  if (field.message?.typeName !== TimestampSchema.typeName) throw new Error(`${field}: a request cannot have such a message over REST`);
  return (json) => {
    const time = typeof json === 'string' ? timestampFromText(json) : undefined;
    if (!time) throw wrongType(field, 'a time as in 2030-12-31T23:59:59Z');
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
      return (json) => int64FromJson(json) ?? refuse(field, 'a whole number of 64 bits');
    default:
      throw new Error(`${field}: a request cannot have such a type over REST`);
  }
}

function checked(field: DescField, expected: string, fits: (json: unknown) => boolean): ReadJson {
  return (json) => (fits(json) ? json : refuse(field, expected));
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

function wrongType(field: DescField, expected: string): DispatcherError {
  return invalidField(field.jsonName, `must be ${expected}`);
}

function refuse(field: DescField, expected: string): never {
  throw wrongType(field, expected);
}
