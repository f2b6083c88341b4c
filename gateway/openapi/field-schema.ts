import { type DescField, type DescMessage, getOption, ScalarType } from '@bufbuild/protobuf';
import { TimestampSchema } from '@bufbuild/protobuf/wkt';
import { omit_absent, only_on } from '@recursiv/proto/gen/dispatcher/v1/options_pb.ts';
import { descriptionOf } from './descriptions.ts';
import { keywordsOfField } from './field-rules.ts';
import { type JsonSchema, nullable } from './json-schema.ts';

/** The schema of a value of the field, with its rules and its description. */
export function schemaOfField(field: DescField): JsonSchema {
  const { items: itemKeywords, ...keywords } = keywordsOfField(field);
  const { items, ...schema } = schemaOfKind(field);
  const itemSchema = items ? { items: { ...items, ...itemKeywords } } : {};
  return { ...schema, ...keywords, ...itemSchema, description: descriptionOf(field) };
}

/** The schema of the message of an answer. A field without a value is null, unless its options leave it out. */
export function schemaOfAnswer(message: DescMessage): JsonSchema {
  const required = message.fields.filter((field) => !getOption(field, omit_absent) && getOption(field, only_on).length === 0);
  return {
    type: 'object',
    description: descriptionOf(message),
    properties: Object.fromEntries(message.fields.map((field) => [field.jsonName, answerField(field)])),
    required: required.map((field) => field.jsonName),
  };
}

/** The schema of a body with these fields. Optional fields may be absent or null. No other field is allowed. */
export function schemaOfBody(message: DescMessage, fields: readonly DescField[]): JsonSchema {
  return {
    type: 'object',
    description: descriptionOf(message),
    properties: Object.fromEntries(fields.map((field) => [field.jsonName, isRequired(field) ? schemaInBody(field) : nullable(schemaInBody(field))])),
    required: fields.filter(isRequired).map((field) => field.jsonName),
    additionalProperties: false,
  };
}

/** Objects in a list stand there as they are: a reference would show the whole answer that has the same message. */
function schemaInBody(field: DescField): JsonSchema {
  const schema = schemaOfField(field);
  return field.fieldKind === 'list' && field.message ? { ...schema, items: schemaOfBody(field.message, field.message.fields) } : schema;
}

/** Whether a request is refused without the field. */
export function isRequired(field: DescField): boolean {
  if (field.fieldKind === 'list') return keywordsOfField(field).minItems !== undefined;
  return field.fieldKind === 'scalar' && !field.proto.proto3Optional;
}

function answerField(field: DescField): JsonSchema {
  const mayBeNull = field.proto.proto3Optional && !getOption(field, omit_absent);
  return mayBeNull ? nullable(schemaOfField(field)) : schemaOfField(field);
}

function schemaOfKind(field: DescField): JsonSchema {
  switch (field.fieldKind) {
    case 'scalar':
      return schemaOfScalar(field, field.scalar);
    case 'message':
      return schemaOfMessage(field.message);
    case 'list':
      return { type: 'array', items: field.message ? schemaOfMessage(field.message) : schemaOfScalar(field, field.scalar) };
    case 'map':
      return { type: 'object', additionalProperties: schemaOfScalar(field, field.scalar) };
    default:
      throw new Error(`${field}: REST has no enums`);
  }
}

function schemaOfMessage(message: DescMessage): JsonSchema {
  if (message.typeName === TimestampSchema.typeName) return { type: 'string', format: 'date-time' };
  return { $ref: `#/components/schemas/${message.name}` };
}

function schemaOfScalar(field: DescField, scalar: ScalarType | undefined): JsonSchema {
  switch (scalar) {
    case ScalarType.STRING:
      return { type: 'string' };
    case ScalarType.BOOL:
      return { type: 'boolean' };
    case ScalarType.DOUBLE:
      return { type: 'number', format: 'double' };
    case ScalarType.INT32:
      return { type: 'integer', format: 'int32' };
    case ScalarType.INT64:
      return { type: 'integer', format: 'int64' };
    default:
      throw new Error(`${field}: REST has no such type`);
  }
}
