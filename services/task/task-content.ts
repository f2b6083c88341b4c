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
} as const;

/** The name of a column that people write. */
export type ContentColumn = keyof typeof contentTypes;

/** New values for some of these columns. Null clears a column. */
export type TaskContent = Partial<Record<ContentColumn, string | number | boolean | null>>;

/** All columns that people write. */
export const contentColumns = Object.keys(contentTypes) as readonly ContentColumn[];

/** Whether people may write a column of this name. */
export const isContentColumn = (name: string): name is ContentColumn => Object.hasOwn(contentTypes, name);
