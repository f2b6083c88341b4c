import { create } from '@bufbuild/protobuf';
import { invalidField } from '@dispatcher/kit/serving/errors.ts';
import { type Page, PageSchema } from '@recursiv/proto/gen/dispatcher/v1/page_pb.ts';

/** How many items a page has when nobody says. */
const defaultLimit = 20;

/** What a list is asked for. */
interface PageRequest {
  limit?: number | undefined;
  offset?: number | undefined;
  cursor?: string | undefined;
}

/** Which page is asked for: `after` is what the cursor holds, the sort key of the last item of the page before. */
export interface PageWanted {
  limit: number;
  offset: number;
  after: string[] | null;
}

/** The form of a part of a cursor, so that a made-up one is refused before it reaches the database. */
export const cursorPart = {
  text: /^[^\0]{1,200}$/su,
  integer: /^\d{1,18}$/,
  number: /^-?(\d{1,15}(\.\d{1,20})?(e-\d{1,2})?|Infinity)$/,
} as const;

/** Reads a list request; a cursor is only what `pageOf` once gave out, with parts of these forms. */
export function pageWanted(request: PageRequest, parts: readonly RegExp[]): PageWanted {
  const { limit = defaultLimit, offset = 0, cursor } = request;
  if (cursor !== undefined && offset > 0) throw invalidField('offset', 'cannot be given together with cursor');
  return { limit, offset, after: cursor === undefined ? null : afterFromCursor(cursor, parts) };
}

/**
 * Cuts `rows`, which were read with one more than the page holds, to the page, and says what follows it. `sortKey`
 * gives an item's place in the order; from the first that does not fit on none is of the page.
 */
export function pageOf<T>(
  rows: readonly T[],
  wanted: PageWanted,
  sortKey: (row: T) => string[],
  fits: (row: T) => boolean = () => true,
): { rows: T[]; meta: Page } {
  const page = rows.slice(0, wanted.limit).filter(fits);
  const last = page.at(-1);
  const hasMore = rows.length > page.length;
  const nextCursor = hasMore && last ? Buffer.from(JSON.stringify(sortKey(last))).toString('base64url') : undefined;
  return { rows: page, meta: create(PageSchema, { limit: wanted.limit, offset: wanted.offset, hasMore, nextCursor }) };
}

function afterFromCursor(cursor: string, forms: readonly RegExp[]): string[] {
  const parts = parse(Buffer.from(cursor, 'base64url').toString());
  const wellMade =
    Array.isArray(parts) && parts.length === forms.length && forms.every((form, i) => typeof parts[i] === 'string' && form.test(parts[i]));
  if (!wellMade) throw invalidField('cursor', 'is not one that a list gave out');
  return parts;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
