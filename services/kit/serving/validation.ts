import type { DescField, DescMessage, Message } from '@bufbuild/protobuf';
import { createValidator, type Violation } from '@bufbuild/protovalidate';
import type { Interceptor } from '@connectrpc/connect';
import { invalidField } from './errors.ts';
import { onRequestMessage } from './request-message.ts';

/** Holds every request to the rules in its proto, and every string to what PostgreSQL and JSON can carry: no NUL, no half of a surrogate pair. */
export function validation(): Interceptor {
  const validator = createValidator({ failFast: true });
  return onRequestMessage((message, { method: { input } }) => {
    checkText(input, message);
    const result = validator.validate(input, message);
    if (result.kind === 'valid') return;
    const violation = result.kind === 'invalid' ? result.violations[0] : undefined;
    if (!violation) throw result.error ?? new Error('validation failed without a violation');
    throw invalidField(fieldPath(violation), violation.message);
  });
}

/** As it stands in JSON: `types[1]`. */
function fieldPath(violation: Violation): string {
  const parts = violation.field.map((part) => ('name' in part ? `.${part.name}` : part.kind === 'list_sub' ? `[${part.index}]` : ''));
  return parts.join('').slice(1) || 'request';
}

function checkText(schema: DescMessage, message: Message & Record<string, unknown>): void {
  for (const field of schema.fields) {
    const value = message[field.localName];
    if (typeof value === 'string') checkString(field, value);
    else if (Array.isArray(value)) for (const item of value) checkString(field, item);
  }
}

function checkString(field: DescField, value: unknown): void {
  if (typeof value !== 'string') return;
  if (value.includes('\0')) throw invalidField(field.name, 'must not contain the NUL character');
  if (!value.isWellFormed()) throw invalidField(field.name, 'must be valid Unicode; it contains half of a surrogate pair');
}
