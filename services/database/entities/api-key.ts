import { defineEntity, type InferEntity, p } from '@mikro-orm/core';

/** An organization owns tasks and keys. It is created with its first key. */
export const Organization = defineEntity({
  name: 'Organization',
  tableName: 'organizations',
  properties: {
    id: p.text().primary(),
    createdAt: p.datetime().defaultRaw('clock_timestamp()'),
  },
});

/** An API key: its organization and its scopes. Only the digest of the secret is stored. */
export const ApiKey = defineEntity({
  name: 'ApiKey',
  tableName: 'api_keys',
  properties: {
    id: p.text().primary(),
    organizationId: p.text(),
    name: p.text(),
    scopes: p.array(),
    digest: p.blob(),
    createdAt: p.datetime().defaultRaw('clock_timestamp()'),
    expiresAt: p.datetime().nullable(),
    revokedAt: p.datetime().nullable(),
  },
});

/** A row of `api_keys`. */
export type ApiKeyRow = InferEntity<typeof ApiKey>;
