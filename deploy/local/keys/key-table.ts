import { stripVTControlCharacters } from 'node:util';
import type { ApiKey } from './admin-client.ts';

/** The keys in aligned columns. Names come from callers, so control characters are made harmless for the terminal. */
export function keyTable(keys: readonly ApiKey[]): string {
  const rows = [['ID', 'ORGANIZATION', 'NAME', 'SCOPES', 'CREATED', 'STATE'], ...keys.map((key) => cells(key).map(plain))];
  const widths = rows.reduce<number[]>((widest, row) => row.map((cell, column) => Math.max(widest[column] ?? 0, cell.length)), []);
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cells(key: ApiKey): string[] {
  const scopes = key.scopes.map((scope) => scope.replace('dispatcher:', '')).join(',');
  return [key.id, key.organization_id, key.name, scopes, key.created_at.slice(0, 16), state(key)];
}

function state({ revoked_at, expires_at }: ApiKey): string {
  if (revoked_at) return `revoked ${revoked_at.slice(0, 16)}`;
  if (!expires_at) return 'live';
  return `${Date.parse(expires_at) > Date.now() ? 'until' : 'expired'} ${expires_at.slice(0, 16)}`;
}

function plain(text: string): string {
  return stripVTControlCharacters(text).replace(/\p{Cc}/gu, ' ');
}
