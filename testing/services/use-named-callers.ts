import type { Authenticate } from '@dispatcher/kit/auth/authentication.ts';
import { admin } from '@dispatcher/kit/auth/caller.ts';

/**
 * Authenticates callers by name, for tests. The key `admin` is the admin. Any other text is the key of the organization
 * with that name.
 */
export const authenticateByName: Authenticate = async (authorization) => {
  if (authorization === 'admin') return admin;
  const name = authorization ?? '';
  return { keyId: `key_${name}`, organizationId: name, name: `${name} key`, scopes: new Set(['dispatcher:read', 'dispatcher:write']) };
};
