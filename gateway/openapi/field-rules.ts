import { type DescField, getOption } from '@bufbuild/protobuf';
import { type FieldRules, field as rulesOption } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import type { JsonSchema } from './json-schema.ts';

/** Converts the rules of a field in the proto to keywords of JSON Schema. Throws for a rule that it does not know. */
export function keywordsOfField(field: DescField): JsonSchema {
  return keywordsOf(getOption(field, rulesOption), field.toString());
}

function keywordsOf({ type }: FieldRules, name: string): JsonSchema {
  switch (type.case) {
    case undefined:
      return {};
    case 'string':
      return defined({
        minLength: positive(type.value.minLen),
        // A text has at most as many characters as bytes, so a limit in bytes also limits the characters. The
        // description has the exact limit.
        maxLength: positive(type.value.maxLen) ?? positive(type.value.maxBytes),
        pattern: type.value.pattern || undefined,
        enum: type.value.in.length > 0 ? type.value.in : undefined,
      });
    case 'int32':
    case 'int64':
    case 'double':
      return range(type.value.greaterThan, type.value.lessThan);
    case 'repeated':
      return defined({
        minItems: positive(type.value.minItems),
        maxItems: positive(type.value.maxItems),
        uniqueItems: type.value.unique || undefined,
        items: type.value.items && keywordsOf(type.value.items, name),
      });
    default:
      throw new Error(`${name}: the OpenAPI document does not know rules of the kind ${type.case}`);
  }
}

interface Bound {
  case: string | undefined;
  value?: number | bigint | undefined;
}

function range(above: Bound, below: Bound): JsonSchema {
  return defined({
    minimum: above.case === 'gte' ? Number(above.value) : undefined,
    exclusiveMinimum: above.case === 'gt' ? Number(above.value) : undefined,
    maximum: below.case === 'lte' ? Number(below.value) : undefined,
    exclusiveMaximum: below.case === 'lt' ? Number(below.value) : undefined,
  });
}

function positive(value: bigint): number | undefined {
  return value > 0n ? Number(value) : undefined;
}

function defined(keywords: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(keywords).filter(([, value]) => value !== undefined));
}
