import { create } from '@bufbuild/protobuf';
import { invalidField } from '@dispatcher/kit/serving/errors.ts';
import { type Page, PageSchema } from '@recursiv/proto/gen/dispatcher/v1/page_pb.ts';

/** The number of items on a page when the request does not say. */
const defaultLimit = 20;

/** The items before a page are read too. A cursor costs the same wherever the page is. */
const mostOffset = 10_000;

/** The fields of a list request. */
interface PageRequest {
  limit?: number | undefined;
  offset?: number | undefined;
  cursor?: string | undefined;
}

/** The page that is asked for. `after` is the content of the cursor: the sort key of the last item before the page. */
export interface PageWanted {
  limit: number;
  offset: number;
  after: string[] | null;
}

/** The form of a part of a cursor, so that an invented cursor is refused before it reaches the database. */
export const cursorPart = {
  text: /^[^\0]{1,200}$/su,
  integer: /^\d{1,18}$/,
  number: /^-?(\d{1,15}(\.\d{1,20})?(e-\d{1,2})?|Infinity)$/,
} as const;

/** Reads a list request. It refuses a cursor that `pageOf` did not make, or whose parts do not have these forms. */
export function pageWanted(request: PageRequest, parts: readonly RegExp[]): PageWanted {
  const { limit = defaultLimit, offset = 0, cursor } = request;
  if (offset > mostOffset) throw invalidField('offset', `must be at most ${mostOffset}; give the cursor of the page before instead`);
  if (cursor !== undefined && offset > 0) throw invalidField('offset', 'cannot be given together with cursor');
  return { limit, offset, after: cursor === undefined ? null : afterFromCursor(cursor, parts) };
}

/**
 * Cuts `rows` to the page, and makes the cursor of the next page. `rows` has one row more than the page when another
 * page follows. `sortKey` gives the position of an item in the order. The page ends before the first item that does
 * not fit.
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
