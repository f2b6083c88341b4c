import { firstRequest } from '../events/event-log.ts';
import type { RequestIdentity } from '../events/idempotency.ts';

const place = 'place integer, organization_id text COLLATE "C", id text COLLATE "C"';

/** The columns of an item that carries the identity of its request. */
export const requestItems = `${place}, caller text COLLATE "C", idempotency_key text COLLATE "C", request_digest bytea`;

/**
 * The start of a statement for several items. The CTE `asked` has a row for each item. The items are one JSON list, the
 * first parameter, because in PostgreSQL all inner arrays of an array must have the same length. `columns` names the
 * columns of an item besides its place in the list and its task. When two items have the same task, only the first is
 * in `asked`. The fixed order keeps two such statements from waiting for each other.
 */
export function askedItems(columns: string): string {
  return asked(`${place}, ${columns}`, 'true');
}

/** The same for items that carry the identity of a request. It leaves out repeats with a used idempotency key. */
export function askedRequests(columns: string): string {
  return asked(`${requestItems}, ${columns}`, firstRequest('item.caller', 'item.idempotency_key'));
}

const asked = (columns: string, condition: string) => `
asked AS MATERIALIZED (
  SELECT DISTINCT ON (organization_id, id) * FROM json_to_recordset($1::json) AS item(${columns})
  WHERE ${condition} ORDER BY organization_id, id, place
)`;

/** The identity of a request, as `askedRequests` reads it. */
export function requestColumns([caller, key, digest]: RequestIdentity) {
  return { caller, idempotency_key: key, request_digest: digest && `\\x${digest.toString('hex')}` };
}

/** The first parameter of such a statement. */
export function itemList<Item>(items: readonly Item[], columnsOf: (item: Item) => Record<string, unknown>): string {
  return JSON.stringify(items.map((item, i) => ({ place: i, ...columnsOf(item) })));
}

/** The returned rows, each at the place of its item. Undefined where an item has no row. */
export function inPlace<Row extends { place: number }>(rows: readonly Row[], count: number): (Row | undefined)[] {
  const answers: (Row | undefined)[] = Array.from({ length: count }, () => undefined);
  for (const row of rows) answers[row.place] = row;
  return answers;
}
