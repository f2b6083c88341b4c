import type { Authenticate } from '@dispatcher/kit/auth/authentication.ts';
import { admin } from '@dispatcher/kit/auth/caller.ts';

/**
 * Authenticates by name, for tests: `admin` is the admin, and any other text the key of the organization that is
 * called so.
 */
export const authenticateByName: Authenticate = async (authorization) => {
  if (authorization === 'admin') return admin;
  const name = authorization ?? '';
  return { keyId: `key_${name}`, organizationId: name, name: `${name} key`, scopes: new Set(['dispatcher:read', 'dispatcher:write']) };
};
