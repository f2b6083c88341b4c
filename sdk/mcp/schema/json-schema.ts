import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import comments from '@recursiv/proto/gen/comments.json' with { type: 'json' };
import { itemRules, rulesOf } from './field-rules.ts';

/** The schema of a tool's arguments. */
export interface ObjectSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, object>>;
  readonly required: readonly string[];
  readonly additionalProperties: false;
}

interface ValueSchema {
  readonly type: string;
  readonly enum?: unknown;
  readonly [keyword: string]: unknown;
}

const commentOf: Readonly<Record<string, string>> = comments;

/**
 * The schema of a request. It allows no other fields. `omit` are fields that callers do not set, `nullable` are fields
 * that null clears.
 */
export function inputSchema(message: DescMessage, omit: readonly string[], nullable: readonly string[] = []): ObjectSchema {
  const fields = message.fields.filter(({ jsonName }) => !omit.includes(jsonName));
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.jsonName, propertySchema(field, omit, nullable.includes(field.jsonName))])),
    required: fields.filter(isRequired).map(({ jsonName }) => jsonName),
    additionalProperties: false,
  };
}

/** A missing list is the same as an empty one, so it is required only where an empty one is refused. */
function isRequired(field: DescField): boolean {
  if (field.fieldKind === 'list') return 'minItems' in rulesOf(field);
  return field.fieldKind === 'scalar' && !field.proto.proto3Optional;
}

function propertySchema(field: DescField, omit: readonly string[], isNullable: boolean): object {
  const description = commentOf[`${field.parent.typeName}.${field.name}`];
  const schema = fieldSchema(field, omit);
  return { ...(isNullable ? orNull(schema) : schema), ...(description !== undefined && { description }) };
}

function orNull({ type, enum: words, ...rest }: ValueSchema): object {
  return { ...rest, type: [type, 'null'], ...(Array.isArray(words) && { enum: [...words, null] }) };
}

function fieldSchema(field: DescField, omit: readonly string[]): ValueSchema {
  const rules = rulesOf(field);
  switch (field.fieldKind) {
    case 'scalar':
      return { type: scalarType(field.scalar), ...rules };
    case 'message':
      return messageSchema(field.message, omit);
    case 'list':
      return { type: 'array', ...rules, items: itemSchema(field, omit) };
    default:
      throw new Error(`${field.toString()} is of a kind that no request has had so far.`);
  }
}

function itemSchema(field: DescField & { fieldKind: 'list' }, omit: readonly string[]): ValueSchema {
  if (field.listKind === 'message') return messageSchema(field.message, omit);
  return { type: field.listKind === 'scalar' ? scalarType(field.scalar) : 'string', ...itemRules(field) };
}

function messageSchema(message: DescMessage, omit: readonly string[]): ValueSchema {
  if (message.typeName === 'google.protobuf.Timestamp') return { type: 'string', format: 'date-time' };
  return { ...inputSchema(message, omit) };
}

function scalarType(scalar: ScalarType): string {
  if (scalar === ScalarType.STRING) return 'string';
  if (scalar === ScalarType.BOOL) return 'boolean';
  return scalar === ScalarType.DOUBLE || scalar === ScalarType.FLOAT ? 'number' : 'integer';
}
