/**
 * The columns of a task that people write, with their types. The fields of the contract have the same names. All other
 * columns belong to the claim service, or the database computes them.
 */
export const contentTypes = {
  title: 'text',
  description: 'text',
  project: 'text',
  owner: 'text',
  milestone: 'text',
  layer: 'text',
  rev: 'float8',
  use: 'float8',
  ts: 'float8',
  sec: 'float8',
  stab: 'float8',
  effort: 'float8',
  held: 'boolean',
  notes: 'text',
  depends_on: 'text[]',
  concurrency_key: 'text',
} as const;

/** The name of a column that people write. */
export type ContentColumn = keyof typeof contentTypes;

/** New values for some of these columns. Null clears a column. */
export type TaskContent = Partial<Record<Exclude<ContentColumn, 'depends_on'>, string | number | boolean | null>> & { depends_on?: string[] };

/** All columns that people write. */
export const contentColumns = Object.keys(contentTypes) as readonly ContentColumn[];

/** Whether people may write a column of this name. */
export const isContentColumn = (name: string): name is ContentColumn => Object.hasOwn(contentTypes, name);

/** A request that has content: its field for a column has the column's name in camel case. */
type ContentRequest = Partial<Record<Exclude<ContentColumn, 'depends_on' | 'concurrency_key'>, string | number | boolean | undefined>> & {
  dependsOn: string[];
  concurrencyKey?: string | undefined;
};

/** What a request has for a column; undefined where it has nothing. */
export function contentField(request: ContentRequest, column: ContentColumn) {
  if (column === 'depends_on') return request.dependsOn.length > 0 ? request.dependsOn : undefined;
  if (column === 'concurrency_key') return request.concurrencyKey;
  return request[column];
}
