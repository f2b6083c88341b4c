import type { DescField } from '@bufbuild/protobuf';
import { getOption } from '@bufbuild/protobuf';
import { type FieldRules, field as rules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';

/**
 * The protovalidate rules of a field as JSON Schema keywords. There is no keyword for a limit in bytes; the API refuses
 * what is too long.
 */
export function rulesOf(field: DescField): Record<string, unknown> {
  return keywords(getOption(field, rules));
}

/** The rules of a list's items. */
export function itemRules(field: DescField): Record<string, unknown> {
  const { type } = getOption(field, rules);
  return type.case === 'repeated' && type.value.items ? keywords(type.value.items) : {};
}

function keywords({ type }: FieldRules): Record<string, unknown> {
  switch (type.case) {
    case 'string': {
      const { minLen, maxLen, pattern, in: words } = type.value;
      return defined({
        minLength: minLen > 0n ? Number(minLen) : undefined,
        maxLength: maxLen > 0n ? Number(maxLen) : undefined,
        pattern: pattern === '' ? undefined : pattern,
        enum: words.length > 0 ? words : undefined,
      });
    }
    case 'double':
    case 'int32':
    case 'int64':
      return limits(type.value.greaterThan, type.value.lessThan);
    case 'repeated': {
      const { minItems, maxItems, unique } = type.value;
      return defined({
        minItems: minItems > 0n ? Number(minItems) : undefined,
        maxItems: maxItems > 0n ? Number(maxItems) : undefined,
        uniqueItems: unique || undefined,
      });
    }
    default:
      return {};
  }
}

interface Limit {
  readonly case: string | undefined;
  readonly value?: number | bigint | undefined;
}

const limitKeywords: Readonly<Record<string, string>> = { gt: 'exclusiveMinimum', gte: 'minimum', lt: 'exclusiveMaximum', lte: 'maximum' };

function limits(...given: Limit[]): Record<string, number> {
  return Object.fromEntries(
    given.flatMap((limit) => {
      const keyword = limitKeywords[limit.case ?? ''];
      return keyword === undefined ? [] : [[keyword, Number(limit.value)]];
    }),
  );
}

function defined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
