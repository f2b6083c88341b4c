import { type DescField, getOption } from '@bufbuild/protobuf';
import { createValidator, type Violation } from '@bufbuild/protovalidate';
import { field as fieldRules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import type { Interceptor } from '@connectrpc/connect';
import { invalidField } from './errors.ts';
import { type NestedMessage, nestedMessages } from './nested-messages.ts';
import { patternWords } from './pattern-words.ts';
import { onRequestMessage } from './request-message.ts';

/**
 * Validates every request by the rules in its proto. It also refuses strings that PostgreSQL or JSON cannot represent:
 * those with a NUL or with half of a surrogate pair.
 */
export function validation(): Interceptor {
  const validator = createValidator({ failFast: true });
  return onRequestMessage((message, { method: { input } }) => {
    for (const nested of nestedMessages(input, message)) checkText(nested);
    const result = validator.validate(input, message);
    if (result.kind === 'valid') return;
    const violation = result.kind === 'invalid' ? result.violations[0] : undefined;
    if (!violation) throw result.error ?? new Error('validation failed without a violation');
    throw invalidField(fieldPath(violation), messageOf(violation));
  });
}

/** The rule in words, because most people do not read regular expressions. */
function messageOf({ message, ruleId, field }: Violation): string {
  const last = field.findLast((part) => 'name' in part);
  const rules = ruleId === 'string.pattern' && last?.kind === 'field' ? getOption(last, fieldRules) : undefined;
  const pattern = rules?.type.case === 'string' ? rules.type.value.pattern : '';
  return patternWords[pattern] ?? message;
}

/** The path of a field as in JSON: `types[1]`. */
function fieldPath(violation: Violation): string {
  const parts = violation.field.map((part) => ('name' in part ? `.${part.name}` : part.kind === 'list_sub' ? `[${part.index}]` : ''));
  return parts.join('').slice(1) || 'request';
}

function checkText({ schema, message, at }: NestedMessage): void {
  for (const field of schema.fields) {
    const value = message[field.localName];
    if (typeof value === 'string') checkString(field, value, at);
    else if (Array.isArray(value)) for (const item of value) checkString(field, item, at);
  }
}

function checkString({ name }: DescField, value: unknown, at: string): void {
  if (typeof value !== 'string') return;
  if (value.includes('\0')) throw invalidField(at + name, 'must not contain the NUL character');
  if (!value.isWellFormed()) throw invalidField(at + name, 'must be valid Unicode, but it contains half of a surrogate pair');
}
