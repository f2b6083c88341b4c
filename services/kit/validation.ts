import type { DescField, DescMessage, Message } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
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

function fieldPath(violation: Violation): string {
  return violation.field.map((part) => ('name' in part ? part.name : String(part))).join('.') || 'request';
}

function checkText(schema: DescMessage, message: Message): void {
  const view = reflect(schema, message, false);
  for (const field of schema.fields) {
    if (!view.isSet(field)) continue;
    if (field.fieldKind === 'scalar') checkString(field, view.get(field));
    else if (field.fieldKind === 'list' && field.listKind === 'scalar') for (const item of view.get(field)) checkString(field, item);
  }
}

function checkString(field: DescField, value: unknown): void {
  if (typeof value !== 'string') return;
  if (value.includes('\0')) throw invalidField(field.name, 'must not contain the NUL character');
  if (!value.isWellFormed()) throw invalidField(field.name, 'must be valid Unicode; it contains half of a surrogate pair');
}
