/** The migrated database that each test's own is copied from. */
export const templateName = 'dispatcher_template';

/** The url of another database on the same server. */
export function databaseUrl(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}
