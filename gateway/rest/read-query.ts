import type { DescField } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import { DispatcherError, invalidField } from '@dispatcher/kit/serving/errors.ts';
import { createFieldReader, type ReadJson } from './read-json.ts';

/** The decoded parameters of the query of a URL, in their order. */
export function parseQuery(url: string): [name: string, value: string][] {
  const start = url.indexOf('?');
  if (start < 0) return [];
  return url
    .slice(start + 1)
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const end = pair.indexOf('=');
      return end < 0 ? [decode(pair), ''] : [decode(pair.slice(0, end)), decode(pair.slice(end + 1))];
    });
}

/**
 * Creates a reader for a field in a path or a query. It converts the text to JSON, and reads that like a field of a
 * body.
 */
export function createTextReader(field: DescField): (texts: readonly string[]) => unknown {
  const read = createFieldReader(field);
  const jsonFromText = jsonReaderFor(field.scalar);
  if (field.fieldKind === 'list') return (texts) => read(texts.flatMap((text) => text.split(',')).map((text) => jsonFromText(text)));
  return (texts) => {
    if (texts.length > 1) throw invalidField(field.jsonName, 'must be given once');
    return read(jsonFromText(texts[0]));
  };
}

/** Converts the text of a field to JSON. Text that cannot be converted stays as it is, and the reader refuses it. */
function jsonReaderFor(scalar: ScalarType | undefined): ReadJson {
  switch (scalar) {
    case ScalarType.BOOL:
      return (text) => (text === 'true' ? true : text === 'false' ? false : text);
    case ScalarType.DOUBLE:
    case ScalarType.INT32:
      return (text) => (typeof text === 'string' && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text);
    default:
      return (text) => text;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new DispatcherError('invalid_argument', 'The query of the URL is not valid percent-encoded UTF-8.');
  }
}
