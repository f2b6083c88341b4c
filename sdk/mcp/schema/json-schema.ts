import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { getOption, ScalarType } from '@bufbuild/protobuf';
import comments from '@recursiv/proto/gen/comments.json' with { type: 'json' };
import { omit_absent } from '@recursiv/proto/gen/dispatcher/v1/options_pb.ts';
import { itemRules, rulesOf } from './field-rules.ts';

/** A JSON Schema, as far as MCP goes: the outermost is always an object. */
interface JsonSchema {
  readonly type: string | readonly string[];
  readonly properties?: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

/** The schema of an object. */
export interface ObjectSchema extends JsonSchema {
  readonly type: 'object';
}

const commentOf: Readonly<Record<string, string>> = comments;

/** The comment of a proto element, by its full name. */
function commentFor(fullName: string): string {
  return commentOf[fullName] ?? '';
}

/** The schema of a request: nothing beside its fields is taken. `omit` are fields that callers do not set, `nullable` ones that null clears. */
export function inputSchema(message: DescMessage, omit: readonly string[], nullable: readonly string[] = []): ObjectSchema {
  const fields = message.fields.filter(({ jsonName }) => !omit.includes(jsonName));
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.jsonName, propertySchema(field, nullable.includes(field.jsonName), 'input')])),
    required: fields.filter(isRequired).map(({ jsonName }) => jsonName),
    additionalProperties: false,
  };
}

/** The schema of an answer: every field is there, null where the proto says optional. A newer dispatcher may add fields. */
export function outputSchema(message: DescMessage, omit: readonly string[] = []): ObjectSchema {
  const fields = message.fields.filter(({ jsonName }) => !omit.includes(jsonName));
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.jsonName, propertySchema(field, field.proto.proto3Optional, 'output', omit)])),
    required: fields.filter((field) => !getOption(field, omit_absent)).map(({ jsonName }) => jsonName),
  };
}

/** An empty string or list is what a missing one would be, so only a plain scalar must be given. */
function isRequired(field: DescField): boolean {
  return field.fieldKind === 'scalar' && !field.proto.proto3Optional;
}

function propertySchema(field: DescField, isNullable: boolean, direction: 'input' | 'output', omit: readonly string[] = []): object {
  const description = commentFor(`${field.parent.typeName}.${field.name}`);
  const schema = fieldSchema(field, direction, omit);
  return { ...(isNullable ? orNull(schema) : schema), ...(description !== '' && { description }) };
}

function orNull({ type, enum: words, ...rest }: JsonSchema): JsonSchema {
  return { ...rest, type: [type, 'null'].flat(), ...(Array.isArray(words) && { enum: [...words, null] }) };
}

function fieldSchema(field: DescField, direction: 'input' | 'output', omit: readonly string[]): JsonSchema {
  const rules = direction === 'input' ? rulesOf(field) : {};
  switch (field.fieldKind) {
    case 'scalar':
      return { type: scalarType(field.scalar), ...rules };
    case 'message':
      return messageSchema(field.message, omit);
    case 'list':
      return {
        type: 'array',
        ...rules,
        items:
          field.listKind === 'message'
            ? messageSchema(field.message, omit)
            : { type: itemType(field), ...(direction === 'input' && itemRules(field)) },
      };
    case 'map':
      return { type: 'object', additionalProperties: { type: field.mapKind === 'scalar' ? scalarType(field.scalar) : 'object' } };
    case 'enum':
      throw new Error(`${field.toString()} is an enum; the contract has words instead.`);
  }
}

function itemType(field: DescField & { fieldKind: 'list' }): string {
  return field.listKind === 'scalar' ? scalarType(field.scalar) : 'string';
}

function messageSchema(message: DescMessage, omit: readonly string[]): JsonSchema {
  if (message.typeName === 'google.protobuf.Timestamp') return { type: 'string', format: 'date-time' };
  return outputSchema(message, omit);
}

function scalarType(scalar: ScalarType): string {
  if (scalar === ScalarType.STRING) return 'string';
  if (scalar === ScalarType.BOOL) return 'boolean';
  return scalar === ScalarType.DOUBLE || scalar === ScalarType.FLOAT ? 'number' : 'integer';
}
