import type { DescMessage, Message } from '@bufbuild/protobuf';

/** A message of a request, and where it stands in it. */
export interface NestedMessage {
  readonly schema: DescMessage;
  readonly message: Message & Record<string, unknown>;
  /** What stands before the name of a field in an error: empty for the request itself, or as in `tasks[3].`. */
  readonly at: string;
}

/** The request and every message within it, so that what holds for a request holds for each of several at once. */
export function* nestedMessages(schema: DescMessage, message: Message, at = ''): Generator<NestedMessage> {
  const fields = message as Message & Record<string, unknown>;
  yield { schema, message: fields, at };
  for (const field of schema.fields) {
    if (!field.message) continue;
    const value = fields[field.localName];
    if (field.fieldKind === 'list')
      for (const [i, item] of (value as Message[]).entries()) yield* nestedMessages(field.message, item, `${at}${field.name}[${i}].`);
    else if (field.fieldKind === 'message' && value !== undefined) yield* nestedMessages(field.message, value as Message, `${at}${field.name}.`);
  }
}
