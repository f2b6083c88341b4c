import type { Page } from '@recursiv/sdk';
import { compact } from './data-text.ts';
import type { Answer } from './tool.ts';

/** Clients cut longer answers, and those would fill most of a model's context. */
const mostCharacters = 64 * 1024;

/**
 * Reads a page of a list. A page that is too long for a model is read again with fewer items, so that its cursor is
 * right.
 */
export async function fittingPage<T>(
  what: string,
  limit: number | undefined,
  read: (limit: number | undefined) => Promise<{ data: readonly T[]; meta: Page }>,
  shown: (item: T) => object,
): Promise<Answer> {
  for (let wanted = limit; ; ) {
    const { data, meta } = await read(wanted);
    const items = data.map((item) => compact(shown(item)));
    const fitting = countFitting(items);
    if (fitting === items.length) return answer(what, items, meta);
    wanted = fitting;
  }
}

/** How many of the first items fit. One item always fits. */
function countFitting(items: readonly unknown[]): number {
  let characters = 0;
  const tooMuch = items.findIndex((item, index) => {
    characters += JSON.stringify(item).length + 1;
    return index > 0 && characters > mostCharacters;
  });
  return tooMuch === -1 ? items.length : tooMuch;
}

function answer(what: string, data: readonly unknown[], meta: Page): Answer {
  const more = meta.has_more ? 'There are more: call this tool again with cursor set to meta.next_cursor.' : 'There are no more.';
  return { nextStep: `Number of ${what} on this page: ${data.length}. ${more}`, data, meta };
}
