import { type ContextValues, createContextKey } from '@connectrpc/connect';

/** The caller to whom the key of a request belongs. */
export interface Caller {
  /** The id of the key. Null for the admin. */
  readonly keyId: string | null;
  /** The organization of the key. Null for the admin, who sees all organizations. */
  readonly organizationId: string | null;
  /** The name of the key. `admin` for the admin. */
  readonly name: string;
  /** What the caller may do: `dispatcher:read`, `dispatcher:write`, `admin`. */
  readonly scopes: ReadonlySet<string>;
}

/** The caller with the admin key. */
export const admin: Caller = { keyId: null, organizationId: null, name: 'admin', scopes: new Set(['admin', 'dispatcher:read', 'dispatcher:write']) };

const nobody: Caller = { keyId: null, organizationId: '', name: 'nobody', scopes: new Set() };

/** The context key under which the authentication interceptor stores the caller for the handlers. */
export const callerKey = createContextKey<Caller>(nobody, { description: 'caller' });

/** Returns the caller of a request. */
export const callerOf = (context: { readonly values: ContextValues }): Caller => context.values.get(callerKey);

/** The name of the caller in tasks and events: `admin`, or `key:<name>`. */
export const callerLabel = (caller: Caller): string => (caller.keyId === null ? caller.name : `key:${caller.name}`);
