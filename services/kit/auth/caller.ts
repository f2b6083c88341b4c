import { type ContextValues, createContextKey } from '@connectrpc/connect';

/** Whom the key of a request stands for. */
export interface Caller {
  /** The key's id; null for the admin. */
  readonly keyId: string | null;
  /** The organization it acts for; null for the admin, who sees all. */
  readonly organizationId: string | null;
  /** The key's name; `admin` for the admin. */
  readonly name: string;
  /** What it may do: `dispatcher:read`, `dispatcher:write`, `admin`. */
  readonly scopes: ReadonlySet<string>;
}

/** The caller with the admin key. */
export const admin: Caller = { keyId: null, organizationId: null, name: 'admin', scopes: new Set(['admin', 'dispatcher:read', 'dispatcher:write']) };

const nobody: Caller = { keyId: null, organizationId: '', name: 'nobody', scopes: new Set() };

/** Where the authentication interceptor leaves the caller for the handlers. */
export const callerKey = createContextKey<Caller>(nobody, { description: 'caller' });

/** Who called. */
export const callerOf = (context: { readonly values: ContextValues }): Caller => context.values.get(callerKey);

/** How the caller is written into tasks and events: `admin`, or `key:<name>`. */
export const callerLabel = (caller: Caller): string => (caller.keyId === null ? caller.name : `key:${caller.name}`);
