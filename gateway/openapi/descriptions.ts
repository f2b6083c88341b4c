import type { DescField, DescMessage, DescMethod, DescService } from '@bufbuild/protobuf';
import comments from '@recursiv/proto/gen/comments.json' with { type: 'json' };

const texts: Readonly<Record<string, string>> = comments;

/** The comment of an element in the proto. */
export function descriptionOf(element: DescField | DescMessage | DescMethod | DescService): string {
  const name =
    'parent' in element && element.parent && element.kind !== 'message' ? `${element.parent.typeName}.${element.name}` : typeNameOf(element);
  const text = texts[name];
  if (text === undefined) throw new Error(`${name} has no comment. Write one and run npm run proto:generate`);
  return text;
}

/** The first sentence of that comment. */
export function summaryOf(element: DescMethod): string {
  return descriptionOf(element)
    .replace(/(?<=[^.]\.)\s.*$/s, '')
    .replace(/\.$/, '');
}

function typeNameOf(element: DescField | DescMessage | DescMethod | DescService): string {
  return 'typeName' in element ? element.typeName : element.name;
}
