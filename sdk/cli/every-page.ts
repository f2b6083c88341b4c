import type { Page } from '@recursiv/sdk';

/** A page of a list, as the API returns it. */
interface List<T> {
  readonly data: readonly T[];
  readonly meta: Page;
}

/** Reads a list to its end. Returns the items of all pages, and the `meta` of the last. */
export async function everyPage<T>(read: (cursor: string | undefined) => Promise<List<T>>): Promise<{ data: T[]; meta: Page }> {
  let { data, meta } = await read(undefined);
  const all = [...data];
  while (meta.next_cursor !== undefined) {
    ({ data, meta } = await read(meta.next_cursor));
    all.push(...data);
  }
  return { data: all, meta };
}
